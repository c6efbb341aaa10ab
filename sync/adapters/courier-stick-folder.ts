import { Buffer } from 'node:buffer';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { courierFolder, indexName } from '../agent/courier.ts';
import type { Stick, StickFault, StickFile } from '../agent/ports-courier.ts';
import { alignedMemory } from '../core/aligned-memory.ts';
import { errorCode } from '../core/error-code.ts';
import { passage, type WholeFile } from '../core/failpoint.ts';
import { fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { PackId } from '../wire/pack-id.ts';
import { syncFolder, writeDurably } from './durable-file.ts';
import { openForeign, readRange } from './spool-folder-files.ts';

/**
 * The courier's folder on the stick that is mounted at `dir`. No link is followed, nothing but a regular file is
 * opened, and no mode is set: FAT has none.
 */
export function stickAt(dir: string): Stick {
  const folder = join(dir, courierFolder);
  const write = (as: WholeFile, name: string, bytes: Uint8Array | string) =>
    guarded('write to', () => writeDurably(join(folder, name), bytes, { as, mode: null }));

  return {
    list: () => guarded('read', () => filesIn(folder)),
    readHead: (name, length) => guarded('read', () => readFile(join(folder, name), length)),
    read: (name, maxBytes) => guarded('read', () => readFile(join(folder, name), maxBytes)),
    put: async (packId: PackId, bytes: Uint8Array) => {
      const name = `${packId}.spk`;
      const written = await write('courier-pack', name, bytes);
      if (!written.ok) return written;
      const back = await guarded('read', () => readPastCache(join(folder, name), bytes.length));
      if (!back.ok) return back;
      if (Buffer.compare(back.value, bytes) === 0) return ok(undefined);
      await rm(join(folder, name), { force: true }).catch(() => undefined);
      return fail(brokenStick);
    },
    putIndex: (text) => write('courier-index', indexName, text),
    remove: (name) =>
      guarded('write to', async () => {
        await rm(join(folder, name), { force: true });
        passage('courier-cleared/removed');
      }),
    space: () =>
      guarded('read', async () => {
        const { bavail, bsize } = await statfs(folder);
        return { freeBytes: bavail * bsize, unitBytes: bsize };
      }),
  };
}

/**
 * Makes the courier's folder at `dir`. What is on the same disk as `ownDir` is no stick: most likely none is mounted,
 * and the packs would go nowhere.
 */
export async function prepareStick(
  dir: string,
  ownDir: string | undefined,
): Promise<Result<void, StickFault>> {
  const made = await guarded('write to', async () => {
    const { dev } = await stat(dir);
    if (ownDir !== undefined && dev === (await stat(ownDir)).dev) return false;
    await mkdir(join(dir, courierFolder), { recursive: true });
    await syncFolder(dir);
    return true;
  });
  if (!made.ok || made.value) return made.ok ? ok(undefined) : made;
  return fail(
    fault(
      'courier/not-a-stick',
      `Cannot write to "${dir}": it lies on the disk of this machine, so no stick is mounted there`,
      'Mount the stick there; with --folder an ordinary folder is meant',
    ),
  );
}

/** More entries than any stick of ours has: the rest is left alone. */
const entriesAtMost = 100_000;

async function filesIn(folder: string): Promise<readonly StickFile[]> {
  if (!(await lstat(folder)).isDirectory()) throw new NoFolder();
  const names = (await readdir(folder)).sort().slice(0, entriesAtMost);
  const files: StickFile[] = [];
  for (const name of names) {
    const found = await lstat(join(folder, name)).catch(() => undefined);
    files.push({ name, sizeBytes: found?.size ?? 0, isFile: found?.isFile() ?? false });
  }
  return files;
}

async function readFile(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await openForeign(path);
  try {
    const found = await file.stat();
    return found.isFile()
      ? await readRange(file, 0, Math.min(found.size, maxBytes))
      : new Uint8Array();
  } finally {
    await file.close();
  }
}

/** What the stick holds, and not what memory remembers of it; where the file system cannot, what it answers. */
async function readPastCache(path: string, sizeBytes: number): Promise<Uint8Array> {
  const wholePages = Math.ceil(sizeBytes / pageBytes) * pageBytes;
  const bytes = alignedMemory(wholePages);
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_DIRECT);
    try {
      let filled = 0;
      while (filled < sizeBytes) {
        const { bytesRead } = await file.read(bytes, filled, wholePages - filled, filled);
        filled += bytesRead;
        if (bytesRead % pageBytes !== 0 || bytesRead === 0) break;
      }
      return bytes.subarray(0, filled);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (errorCode(cause) !== 'EINVAL') throw cause;
    return readFile(path, sizeBytes + 1);
  }
}

const pageBytes = 4_096;

class NoFolder extends Error {
  readonly code = 'ENOTDIR';
}

async function guarded<T>(
  action: 'read' | 'write to',
  work: () => Promise<T>,
): Promise<Result<T, StickFault>> {
  try {
    return ok(await work());
  } catch (cause) {
    const code = errorCode(cause);
    if (code === undefined) throw cause;
    return fail(stickFault(action, code, cause));
  }
}

function stickFault(action: 'read' | 'write to', code: string, cause: unknown): StickFault {
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const next = 'Take another stick for the rest, or make room on this one';
    return fault(
      'courier/stick-full',
      'Cannot write to the stick: it is full',
      next,
      'never',
      cause,
    );
  }
  if (isGone.has(code)) {
    return fault(
      'courier/no-stick',
      `Cannot ${action} the stick: its folder ${courierFolder} is not there or does not answer (${code})`,
      'Put the stick back in, mount it and run the same command again: nothing is lost, and what is whole is not copied twice',
      'later',
      cause,
    );
  }
  const next = 'Check its write switch, how it is mounted and for whom; else take another stick';
  return fault('courier/stick', `Cannot ${action} the stick: ${code}`, next, 'never', cause);
}

/** What a system says of a stick that was pulled, or never there. */
const isGone = new Set(['ENOENT', 'ENOTDIR', 'EIO', 'ENODEV', 'ENXIO', 'ENOTCONN', 'ENOMEDIUM']);

const brokenStick: StickFault = fault(
  'courier/stick',
  'Cannot trust the stick: it does not give back what was written to it',
  'Take another stick; nothing was removed here',
);
