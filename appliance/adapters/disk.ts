import type { FileHandle } from 'node:fs/promises';
import { constants, open, readdir, rm, stat, statfs } from 'node:fs/promises';
import { errorCode } from '#sync/core/error-code.ts';

/** The few things the segment store asks of a file system; each throws the system's error. */
export interface Disk {
  /**
   * Creates a file that must not exist yet, for writing past the page cache. Its name is durable after `syncFolder`.
   * Each part of a write lies in memory of `alignedMemory`; its start, its length and its offset are multiples of
   * `writeAlignment`.
   */
  create(path: string): Promise<WritableFile>;
  /** Opens an existing file for reading. */
  open(path: string): Promise<DiskFile>;
  /** Length of a file, without opening it. */
  size(path: string): Promise<number>;
  /** Removes a file; one that is gone is no error. Durable after `syncFolder`. */
  remove(path: string): Promise<void>;
  /** File names of a folder, in no order. */
  list(folder: string): Promise<readonly string[]>;
  syncFolder(folder: string): Promise<void>;
  space(folder: string): Promise<{ readonly freeBytes: number; readonly totalBytes: number }>;
}

export interface WritableFile {
  /** Writes all bytes of `parts`, one after another, from `offset` on. The parts must not change meanwhile. */
  write(parts: readonly Uint8Array[], offset: number): Promise<void>;
  /** fdatasync: all bytes and the length are on the disk on return. Never repeated after an error. */
  sync(): Promise<void>;
  /** Cuts what lies behind `sizeBytes` off; on a crash the old length may come back. */
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface DiskFile {
  /** `length` bytes at `offset`, fewer only where the file ends. The caller owns them. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** fdatasync: all bytes and the length are on the disk on return. Never repeated after an error. */
  sync(): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export const systemDisk: Disk = {
  create,
  open: async (path) => fileOf(await open(path, 'r')),
  size: async (path) => (await stat(path)).size,
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

/** A page, so also a multiple of the sectors of any disk. */
export const writeAlignment = 4_096;

/**
 * A second handle does the writing past the page cache. A file system that knows no O_DIRECT refuses it after the file
 * was made; a runtime that copies what it writes (Deno) is refused at the first write.
 */
async function create(path: string): Promise<WritableFile> {
  const plain = await open(path, 'wx', 0o600);
  try {
    return writableOf(plain, await open(path, constants.O_WRONLY | constants.O_DIRECT));
  } catch (cause) {
    if (isInvalid(cause)) return writableOf(plain);
    await plain.close();
    throw cause;
  }
}

/** Writes by `direct` until it refuses; both handles are of one file, so either makes it durable. */
function writableOf(plain: FileHandle, direct?: FileHandle): WritableFile {
  let isDirect = direct !== undefined;
  return {
    async write(parts, offset) {
      try {
        return await writeAll((isDirect && direct) || plain, parts, offset);
      } catch (cause) {
        if (!isDirect || !isInvalid(cause)) throw cause;
      }
      isDirect = false;
      await writeAll(plain, parts, offset);
    },
    sync: () => plain.datasync(),
    truncate: (sizeBytes) => plain.truncate(sizeBytes),
    async close() {
      await direct?.close();
      await plain.close();
    },
  };
}

function isInvalid(cause: unknown): boolean {
  return errorCode(cause) === 'EINVAL';
}

/** `length` bytes at `offset`, fewer only where the file ends: one read of the system may stop anywhere. */
export async function readFully(
  handle: FileHandle,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const { bytesRead } = await handle.read(bytes, at, length - at, offset + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}

function fileOf(handle: FileHandle): DiskFile {
  return {
    read: (offset, length) => readFully(handle, offset, length),
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
