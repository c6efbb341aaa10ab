import { mkdir, open, readdir, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DiskError } from '../center/ports-disk.ts';
import { errorCode } from '../core/error-code.ts';
import { passage, type WholeFile } from '../core/failpoint.ts';
import { fault } from '../core/fault.ts';
import { syncFolder, writeDurably } from './durable-file.ts';
import { readRange } from './spool-folder-files.ts';

/** Where the header of a Part 10 object ends at the latest, and what its row is made of: the box's bound too. */
export const headBytes = 256 * 1024;

const pieceBytes = 256 * 1024;

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

/** The file's bytes, or undefined when there is none. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    const buffer = await readFile(path);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

/** Whether a file has this name; it got it when its bytes were durable, which says nothing of the name itself. */
export async function isThere(path: string): Promise<boolean> {
  return (await sizeIfThere(path)) !== undefined;
}

/** The file's first bytes, as many as tell what a Part 10 object is; undefined when there is no file. */
export async function readHead(path: string): Promise<Uint8Array | undefined> {
  if (!(await isThere(path))) return undefined;
  const file = await open(path, 'r');
  try {
    return await readRange(file, 0, headBytes);
  } finally {
    await file.close();
  }
}

/** The file's size, or undefined when there is none. */
export async function sizeIfThere(path: string): Promise<number | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : undefined;
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

/** The file from byte `from` on, in pieces of one buffer: each is good until the next one is asked for. */
export async function* readPieces(path: string, from: number): AsyncGenerator<Uint8Array> {
  const file = await onDisk(() => open(path, 'r'));
  try {
    const buffer = new Uint8Array(pieceBytes);
    for (let at = from; ; ) {
      const { bytesRead } = await onDisk(() => file.read(buffer, 0, buffer.length, at));
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
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
