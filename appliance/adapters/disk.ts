import type { FileHandle } from 'node:fs/promises';
import { open, readdir, rm, statfs } from 'node:fs/promises';

/** The few things the segment store asks of a file system; each throws the system's error. */
export interface Disk {
  /** Creates a file that must not exist yet, for writing and reading. Its name is durable after `syncFolder`. */
  create(path: string): Promise<DiskFile>;
  /** Opens an existing file for reading. */
  open(path: string): Promise<DiskFile>;
  /** Removes a file; one that is gone is no error. Durable after `syncFolder`. */
  remove(path: string): Promise<void>;
  /** File names of a folder, in no order. */
  list(folder: string): Promise<readonly string[]>;
  syncFolder(folder: string): Promise<void>;
  space(folder: string): Promise<{ readonly freeBytes: number; readonly totalBytes: number }>;
}

export interface DiskFile {
  /** Writes all bytes of `parts`, one after another, from `offset` on. The parts must not change meanwhile. */
  write(parts: readonly Uint8Array[], offset: number): Promise<void>;
  /** `length` bytes at `offset`, fewer only where the file ends. The caller owns them. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** fdatasync: all bytes and the length are on the disk on return. Never repeated after an error. */
  sync(): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export const systemDisk: Disk = {
  create: async (path) => fileOf(await open(path, 'wx+', 0o600)),
  open: async (path) => fileOf(await open(path, 'r')),
  remove: (path) => rm(path, { force: true }),
  list: (folder) => readdir(folder),
  async syncFolder(folder) {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  async space(folder) {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  },
};

function fileOf(handle: FileHandle): DiskFile {
  return {
    write: (parts, offset) => writeAll(handle, parts, offset),
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      let at = 0;
      while (at < length) {
        const { bytesRead } = await handle.read(bytes, at, length - at, offset + at);
        if (bytesRead === 0) break;
        at += bytesRead;
      }
      return bytes.subarray(0, at);
    },
    sync: () => handle.datasync(),
    size: async () => (await handle.stat()).size,
    close: () => handle.close(),
  };
}

/** A nearly full disk takes a part and reports it as a success; the error comes with the rest. */
async function writeAll(
  handle: FileHandle,
  parts: readonly Uint8Array[],
  offset: number,
): Promise<void> {
  let rest = parts.filter((part) => part.length > 0);
  let at = offset;
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest, at);
    at += bytesWritten;
    rest = behind(rest, bytesWritten);
  }
}

/** What is left of `parts` when their first `length` bytes are gone. */
function behind(parts: readonly Uint8Array[], length: number): Uint8Array[] {
  let left = length;
  return parts.flatMap((part) => {
    const taken = Math.min(left, part.length);
    left -= taken;
    return taken === part.length ? [] : [part.subarray(taken)];
  });
}
