import type { Clock } from '#sync/core/clock.ts';
import type { DataDisk, InstanceStore } from '../ports-store.ts';

/** Why the disk takes no new studies: no bytes, no inodes, or it cannot be written at all. */
export type DiskTrouble = 'full' | 'files' | 'failing';

/** How the disk is, as last seen; asked at every association, so it never waits. */
export interface DiskWatch {
  /** Undefined while new studies are taken. */
  trouble(): DiskTrouble | undefined;
  /** The ballast is gone: what needs room keeps to a little at a time, so that records and receipts go on. */
  isShort(): boolean;
  usedPercent(): number;
  /** The store found no room: full until the next look says otherwise. */
  found(): void;
  /**
   * Looks every few seconds until `signal`, and now and then writes a little, since nobody else would notice that the
   * disk of an idle box died. `onChange` when the trouble changes.
   */
  run(signal: AbortSignal, onChange: () => void): Promise<void>;
}

const everyMs = 2_000;
/** A dead disk is known this soon; with the new start the alarm stands within a minute. */
const probeEveryMs = 30_000;

export function createDiskWatch(
  ports: {
    readonly store: Pick<InstanceStore, 'space'>;
    readonly disk: DataDisk;
    readonly clock: Pick<Clock, 'wait' | 'monotonicMs'>;
    /** The disk cannot be written any more: only a new start can tell what is left of it. */
    readonly onBroken: (message: string) => void;
  },
  first?: DiskTrouble,
): DiskWatch {
  const { store, disk, clock } = ports;
  let trouble = first;
  let isShort = false;
  let usedPercent = 0;
  let probedMs = clock.monotonicMs();

  async function look(): Promise<DiskTrouble | undefined> {
    const room = await disk.room();
    isShort = room.isShort;
    const space = await store.space();
    const used = 1 - space.freeBytes / Math.max(1, space.totalBytes);
    usedPercent = Math.round(1_000 * Math.min(1, Math.max(0, used))) / 10;
    if (space.isFull || isShort) return 'full';
    return room.isOutOfFiles ? 'files' : undefined;
  }

  async function probe(): Promise<void> {
    if (clock.monotonicMs() - probedMs < probeEveryMs) return;
    probedMs = clock.monotonicMs();
    const written = await disk.probe();
    if (!written.ok && written.fault.kind === 'store/io') ports.onBroken(written.fault.message);
  }

  return {
    trouble: () => trouble,
    isShort: () => isShort,
    usedPercent: () => usedPercent,
    found: () => {
      trouble = 'full';
    },
    run: async (signal, onChange) => {
      while (!signal.aborted) {
        const before = trouble;
        // A disk that cannot be asked is as bad as a full one.
        trouble = await look().catch((): DiskTrouble => 'full');
        if (before !== trouble) onChange();
        await probe();
        await clock.wait(everyMs, signal);
      }
    },
  };
}
