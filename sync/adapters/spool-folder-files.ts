import { constants } from 'node:fs';
import { chmod, type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { z } from 'zod';
import { utf8Text } from '../core/bytes.ts';
import { errorCode } from '../core/error-code.ts';
import { fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type PackId, parsePackId } from '../wire/pack-id.ts';
import type { SpoolFault } from '../wire/spool.ts';
import { syncFolder } from './durable-file.ts';

/** Folders of the spool by owner; `out` belongs to the clinical zone, `in` to the agent. */
export interface SpoolPaths {
  readonly tmp: string;
  readonly new: string;
  readonly public: string;
  /** `taken` in `out`, `custody` in `in`: the answers to the other side. */
  readonly answers: string;
  /** The folder itself, for the one-file registers. */
  readonly root: string;
}

/** Where the clinical zone writes; `party` names a center after the first one. */
export function outPaths(dir: string, party?: string): SpoolPaths {
  return pathsOf(placeOf(join(dir, 'out'), party), 'taken');
}

/** Where the agent writes. */
export function inPaths(dir: string, party?: string): SpoolPaths {
  return pathsOf(placeOf(join(dir, 'in'), party), 'custody');
}

/** Folder of the centers after the first one, in `out` and in `in`; each has what the spool of the first has. */
const centersFolder = 'centers';

/** Names of the centers after the first one, as the clinical zone made their spools. */
export async function partiesIn(dir: string): Promise<readonly string[]> {
  const names = await namesIn(join(dir, 'out', centersFolder));
  return names.filter((name) => /^[0-9a-f]{16}$/.test(name));
}

function placeOf(root: string, party: string | undefined): string {
  return party === undefined ? root : join(root, centersFolder, party);
}

function pathsOf(root: string, answers: string): SpoolPaths {
  return {
    root,
    tmp: join(root, 'tmp'),
    new: join(root, 'new'),
    public: join(root, 'public'),
    answers: join(root, answers),
  };
}

/** Sealed files are readable by the group of the spool, whatever the umask says. */
export const spoolFileMode = 0o640;

/**
 * Makes the writer's own folders where they are absent: mode 2750, so that files inherit the spool's group. Their
 * names are durable on return, also when an earlier run made them and was killed. A disk that takes no write any more
 * and has them all is read as it is: what it holds is still sent.
 */
export async function makeFolders(paths: SpoolPaths): Promise<void> {
  const isOfParty = basename(dirname(paths.root)) === centersFolder;
  const above = isOfParty ? [dirname(paths.root)] : [];
  let hasMade = false;
  for (const folder of [...above, paths.root, paths.tmp, paths.new, paths.public, paths.answers]) {
    const isNew = (await mkdir(folder, { recursive: true, mode: 0o750 })) !== undefined;
    if (isNew) await chmod(folder, 0o2750);
    hasMade ||= isNew;
  }
  for (const folder of [...above.map(dirname), dirname(paths.root), paths.root]) {
    await syncFolder(folder).catch((cause) => {
      if (hasMade || !['EROFS', 'EIO'].includes(errorCode(cause) ?? '')) throw cause;
    });
  }
}

/** Removes temporary files that a kill left behind; unfinished packs (`*.part`) stay. */
export async function dropTemporaries(paths: SpoolPaths): Promise<void> {
  for (const name of await namesIn(paths.tmp)) {
    // One that cannot be removed, on a disk for reading only, is in nobody's way.
    if (name.startsWith('.')) await rm(join(paths.tmp, name), { force: true }).catch(() => {});
  }
}

/** Names in `folder`; none when the other side has not made it yet, or it is no folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT' || errorCode(cause) === 'ENOTDIR') return [];
    throw cause;
  }
}

/** Pack ids in `folder` of files named `<packId><suffix>`; other names are not ours and are ignored. */
export async function packsIn(folder: string, suffix: string): Promise<readonly PackId[]> {
  const ids: PackId[] = [];
  for (const name of await namesIn(folder)) {
    const id = name.endsWith(suffix)
      ? parsePackId(name.slice(0, name.length - suffix.length))
      : undefined;
    if (id !== undefined) ids.push(id);
  }
  return ids;
}

/**
 * Reads a file of the other zone once. That zone may swap it at any moment, so no symlink is followed, a FIFO cannot
 * block, only a regular file within `maxBytes` is read, and never more than it said to hold.
 */
export async function readBounded(
  path: string,
  maxBytes: number,
): Promise<Result<Uint8Array, SpoolFault>> {
  let file: FileHandle | undefined;
  try {
    file = await openForeign(path);
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > maxBytes) {
      return fail(refused(`it is not a regular file of at most ${maxBytes} bytes`));
    }
    return ok(await readRange(file, 0, stat.size));
  } catch (cause) {
    return fail(spoolFault('read', cause));
  } finally {
    await file?.close();
  }
}

/** Opens a file of the other zone for reading: no symlink, no wait for a FIFO's writer. */
export function openForeign(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

/** Up to `length` bytes from `offset`; shorter where the file ends. */
export async function readRange(
  file: FileHandle,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** Writes all of `bytes` at `offset`: a disk that is nearly full takes a part of them and says so by the count alone. */
export async function writeRange(
  file: FileHandle,
  bytes: Uint8Array,
  offset: number,
): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    at += (await file.write(bytes, at, bytes.length - at, offset + at)).bytesWritten;
  }
}

/** Reads a one-file register of the other zone and parses it. */
export async function readRegister<T>(
  path: string,
  maxBytes: number,
  schema: z.ZodType<T>,
): Promise<Result<T, SpoolFault>> {
  const bytes = await readBounded(path, maxBytes);
  if (!bytes.ok) return bytes;
  try {
    const parsed = schema.safeParse(JSON.parse(utf8Text(bytes.value) ?? ''));
    return parsed.success ? ok(parsed.data) : fail(refused('it does not have the agreed form'));
  } catch {
    return fail(refused('it is not JSON'));
  }
}

/** Runs a write and turns the system's error into a fault. */
export async function written(work: () => Promise<void>): Promise<Result<void, SpoolFault>> {
  try {
    return ok(await work());
  } catch (cause) {
    return fail(spoolFault('write', cause));
  }
}

/** The fault for content that cannot be used; `reason` completes "Cannot use a spool file: ...". */
export function refused(reason: string): SpoolFault {
  return fault(
    'spool/refused',
    `Cannot use a spool file: ${reason}`,
    'Look at the program on the other side of the spool',
    'later',
  );
}

function spoolFault(action: 'read' | 'write', cause: unknown): SpoolFault {
  const code = errorCode(cause) ?? 'unknown error';
  if (code === 'ENOENT') {
    return fault(
      'spool/missing',
      `Cannot ${action} a spool file: it is not there`,
      'Wait',
      'later',
    );
  }
  if (code === 'ELOOP') return refused('it is a symbolic link');
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return fault(
      'spool/full',
      'Cannot write a spool file: the disk or its quota is full',
      'Free space; it is tried again',
      'later',
      cause,
    );
  }
  return fault(
    'spool/io',
    `Cannot ${action} a spool file: ${code}`,
    'Check the disk and the rights of the spool folders',
    'later',
    cause,
  );
}
