import type { Disk } from './disk.ts';

/** The disk is asked again after this many stored bytes; other programs use it too. */
const askAgainBytes = 64 * 1024 * 1024;

/** Knows when intake must refuse, without asking the file system for each instance. */
export interface Space {
  /** Whether the reserve is reached. Asks the disk when the last answer is old or was near the reserve. */
  isFull(): Promise<boolean>;
  /** `bytes` were stored since the last answer. */
  used(bytes: number): void;
  /** The disk said no, or took bytes nobody counted: ask before the next instance. */
  forget(): void;
  measure(): Promise<{
    readonly freeBytes: number;
    readonly totalBytes: number;
    readonly isFull: boolean;
  }>;
}

export function createSpace(folder: string, reserveBytes: number, disk: Disk): Space {
  let leftBytes = 0;
  let usedBytes = 0;

  async function measure(): ReturnType<Space['measure']> {
    const space = await disk.space(folder);
    leftBytes = Math.max(0, space.freeBytes - reserveBytes);
    usedBytes = 0;
    return { freeBytes: leftBytes, totalBytes: space.totalBytes, isFull: leftBytes === 0 };
  }

  return {
    async isFull() {
      if (leftBytes > 2 * askAgainBytes && usedBytes < askAgainBytes) return false;
      return (await measure()).isFull;
    },
    used(bytes) {
      usedBytes += bytes;
    },
    forget() {
      leftBytes = 0;
    },
    measure,
  };
}
