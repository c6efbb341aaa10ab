import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { passageOf, type WholeFile } from '../core/failpoint.ts';

export interface DurableOptions {
  /** Its name among the failpoints: nothing durable is written without one. */
  readonly as: WholeFile;
  /** Null where the file system knows no modes (FAT) and refuses to be asked for one. */
  readonly mode?: number | null;
  readonly temporaryDir?: string;
}

/**
 * Writes `bytes` under the final name `path` so that after a power cut either the old or the new content is there:
 * temporary file beside it (or in `temporaryDir` of the same file system), fsync, chmod `mode`, rename, fsync of
 * the folder. Durable on return. Throws the system's error, or what bytes that come in pieces throw; the temporary
 * file is then removed.
 */
export async function writeDurably(
  path: string,
  bytes: Uint8Array | string | AsyncIterable<Uint8Array>,
  { as, mode = 0o600, temporaryDir = dirname(path) }: DurableOptions,
): Promise<void> {
  const temporary = join(temporaryDir, `.${basename(path)}.${process.pid}.${++serial}`);
  try {
    const file = await open(temporary, 'wx', mode ?? undefined);
    try {
      if (mode !== null) await file.chmod(mode);
      await file.writeFile(bytes);
      passageOf(as, 'written');
      await file.sync();
      passageOf(as, 'synced');
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    passageOf(as, 'renamed');
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
  await syncFolder(dirname(path));
  passageOf(as, 'durable');
}

/**
 * Makes the bytes of the file `path` durable, or removes it: after an fsync that failed the next one says yes, also for
 * bytes that the disk lost. Throws `EIO` then, whatever the reason: no room that is made brings them back.
 */
export async function syncOrRemove(path: string, mode?: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    if (mode !== undefined) await file.chmod(mode);
    await file.sync();
  } catch (cause) {
    await rm(path, { force: true });
    throw Object.assign(new Error('The disk did not keep a file', { cause }), { code: 'EIO' });
  } finally {
    await file.close();
  }
}

/** Makes renames and removals inside `folder` durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

let serial = 0;
