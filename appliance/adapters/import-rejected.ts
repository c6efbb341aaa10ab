import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errorCode } from '#sync/core/error-code.ts';
import { passage } from '#sync/core/failpoint.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import { systemDisk } from './disk.ts';

/** The folder, within the hot folder, of what was not taken. */
export const rejectedName = 'rejected';

/** A file that was set aside, with the line beside it. */
export interface RejectedFile {
  /** As it was called; from outside: sanitise before showing. */
  readonly name: string;
  readonly reason: string;
  readonly atMs: number;
}

/**
 * Moves `path` into the folder of rejected files with one line beside it that says why. Two files of one name never
 * meet: the line's file is made first, and only where there is none. Throws the system's error.
 */
export async function setAside(
  dir: string,
  path: string,
  reason: string,
  atMs: number,
): Promise<void> {
  const folder = join(dir, rejectedName);
  await mkdir(folder, { recursive: true });
  const target = await reserve(join(folder, `${atMs}-`), endOf(basename(path)), reason);
  try {
    await rename(path, target);
  } catch (cause) {
    await rm(`${target}.txt`, { force: true });
    throw cause;
  }
  await systemDisk.syncFolder(folder);
  passage('box-import/rejected');
}

/** How many files were set aside and still lie there, and the newest of them, `most` at the most. */
export async function listRejected(
  dir: string | undefined,
  most = 200,
): Promise<{
  readonly count: number;
  readonly newest: readonly RejectedFile[];
}> {
  if (dir === undefined) return { count: 0, newest: [] };
  const folder = join(dir, rejectedName);
  const names = await readdir(folder).catch(() => []);
  const there = new Set(names);
  const files = names
    .filter((name) => there.has(`${name}.txt`))
    .sort((a, b) => stampOf(b) - stampOf(a));
  const newest = await Promise.all(
    files.slice(0, most).map(async (name) => ({
      name: name.replace(/^\d+-(\d+-)?/, ''),
      reason: await reasonOf(join(folder, `${name}.txt`)),
      atMs: stampOf(name),
    })),
  );
  return { count: files.length, newest };
}

/** Makes the line's file, and answers with the name beside it; the name ends as the file's did. */
async function reserve(stamp: string, name: string, reason: string): Promise<string> {
  for (let number = 0; ; number += 1) {
    const target = `${stamp}${number === 0 ? '' : `${number}-`}${name}`;
    try {
      await writeFile(`${target}.txt`, `${sanitize(reason)}\n`, { flag: 'wx' });
      return target;
    } catch (cause) {
      if (errorCode(cause) !== 'EEXIST') throw cause;
    }
  }
}

/** The stamp in front of a name; the year 2286 has one digit more. */
function stampOf(name: string): number {
  return Number(/^(\d{1,15})-/.exec(name)?.[1] ?? 0);
}

/** Somebody may have put anything in place of the line. */
async function reasonOf(path: string): Promise<string> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  if (size === 0 || size > 4_096) return '';
  return sanitize((await readFile(path, 'utf8').catch(() => '')).trim());
}

/** A name, or its end where a stamp before it and `.txt` behind it would be too much for a file system (255 bytes). */
function endOf(name: string): string {
  return Buffer.byteLength(name) <= 200 ? name : [...name].slice(-50).join('');
}
