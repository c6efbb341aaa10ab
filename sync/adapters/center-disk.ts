import { mkdir, open, readdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DiskError } from '../center/ports.ts';
import { passage, type WholeFile } from '../core/failpoint.ts';
import { fault } from '../core/fault.ts';
import { syncFolder, writeDurably } from './durable-file.ts';

/** The code of a system error (`ENOENT`, `ENOSPC`), or undefined for anything else. */
export function errorCode(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
    ? cause.code
    : undefined;
}

/** Runs file work; a system error becomes the `DiskError` that the ports of the center promise. */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = errorCode(cause);
    if (code === undefined) throw cause;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    throw new DiskError(
      isFull
        ? fault('center/full', 'Cannot write: the disk is full', 'Free space', 'later', cause)
        : fault('center/io', `Cannot use the disk: ${code}`, 'Check the disk', 'later', cause),
    );
  }
}

/** Makes `folder` and its parents, mode 0700, each durable in its parent. */
export async function makeDurableFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let at = folder; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at));
}

/** Writes a private file durably; its folder is made when absent. */
export async function putFile(
  as: WholeFile,
  folder: string,
  name: string,
  bytes: Uint8Array | string,
): Promise<void> {
  await makeDurableFolder(folder);
  await writeDurably(`${folder}/${name}`, bytes, { as });
}

/** Appends `text` to a log file and waits for the disk. */
export async function appendDurably(folder: string, name: string, text: string): Promise<void> {
  await makeDurableFolder(folder);
  const file = await open(`${folder}/${name}`, 'a', 0o600);
  try {
    await file.writeFile(text);
    passage('center-delivered/written');
    await file.datasync();
  } finally {
    await file.close();
  }
  await syncFolder(folder);
  passage('center-delivered/durable');
}

const pieceBytes = 256 * 1024 * 1024;

/** The file's bytes, or undefined when there is none. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    const buffer = await readFile(path);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    if (errorCode(cause) === 'ERR_FS_FILE_TOO_LARGE') return readLong(path);
    throw cause;
  }
}

/** What `readFile` refuses: more than 2 GiB. */
async function readLong(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await file.read(bytes, at, Math.min(pieceBytes, bytes.length - at), at);
      if (bytesRead === 0) throw new Error('The file became shorter while it was read');
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

/** Whether a file has this name; it got it when its bytes were durable, which says nothing of the name itself. */
export async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return false;
    throw cause;
  }
}

/** The first 64 KiB of a file, or undefined when there is none. */
export async function readHead(path: string): Promise<Uint8Array | undefined> {
  if (!(await isThere(path))) return undefined;
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(64 * 1024), 0, 64 * 1024, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Names in `folder` without hidden ones, sorted; none when there is no such folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return [];
    throw cause;
  }
}
