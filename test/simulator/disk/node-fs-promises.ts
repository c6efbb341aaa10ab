import { createFolder, type Entry, type Folder } from './disk.ts';
import { createDiskFile } from './file.ts';
import { type FileHandle, openHandle, statOf } from './handle.ts';
import {
  entryAt,
  type Place,
  parentOf,
  placeOf,
  refuse,
  stepOf,
  systemError,
  tellWatchers,
} from './mount.ts';

// Stands in for `node:fs/promises` under every adapter that runs in a world: as much of it as they use. Each change is
// a place to die at; syncs, renames and removals take time, so that other programs come between.

export { constants } from 'node:fs';

export async function open(path: string, flags: string | number = 'r'): Promise<FileHandle> {
  const place = placeOf(path);
  return seen(place, () => {
    const known = place.mount.disk.find(place.path);
    if (known !== undefined && String(flags).includes('x')) throw systemError('EEXIST');
    if (known === undefined && /[wa]/.test(String(flags))) {
      refuse(place, 'create');
      return create(place, String(flags));
    }
    const entry = known ?? entryAt(place);
    if (entry.kind === 'file' && String(flags).startsWith('w')) {
      entry.truncate(0, place.mount.timeline.elapsedMs());
    }
    return openHandle(place, entry, flags);
  });
}

function create(place: Place, flags: string): Promise<FileHandle> {
  return place.mount.life.now(stepOf('create', place.path), () => {
    const file = createDiskFile(place.mount.timeline.elapsedMs());
    give(place, file);
    return openHandle(place, file, flags);
  });
}

function give(place: Place, entry: Entry): void {
  place.mount.disk.change([{ ...parentOf(place), entry }]);
  tellWatchers(place);
}

/** Runs a step that changes nothing: it takes no time, and a dead program never hears of it. */
function seen<T>({ mount }: Place, look: () => T | Promise<T>): Promise<T> {
  return mount.life.look(async () => look());
}

export function stat(path: string) {
  const place = placeOf(path);
  return seen(place, () => statOf(entryAt(place)));
}

/** There are no symbolic links. */
export const lstat = stat;

export async function readdir(path: string): Promise<readonly string[]> {
  const place = placeOf(path);
  return seen(place, () => {
    const folder = entryAt(place);
    if (folder.kind !== 'folder') throw systemError('ENOTDIR');
    return [...folder.names.keys()];
  });
}

export async function readFile(path: string, encoding?: 'utf8'): Promise<Buffer | string> {
  const place = placeOf(path);
  return seen(place, () => {
    const file = entryAt(place);
    if (file.kind !== 'file') throw systemError('EISDIR');
    const { buffer, byteOffset, length } = file.read(0, file.sizeBytes());
    const bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, length);
    return encoding === undefined ? bytes : bytes.toString(encoding);
  });
}

export async function mkdir(
  path: string,
  { recursive = false }: { readonly recursive?: boolean } = {},
): Promise<string | undefined> {
  const place = placeOf(path);
  const { life, disk } = place.mount;
  let first: string | undefined;
  for (let length = recursive ? 1 : place.path.length; length <= place.path.length; length++) {
    const part: Place = { ...place, path: place.path.slice(0, length) };
    const known = disk.find(part.path);
    if (known?.kind === 'file' || (known && !recursive)) throw systemError('EEXIST');
    if (known) continue;
    refuse(part, 'mkdir');
    await life.now(stepOf('mkdir', part.path), () => give(part, createFolder()));
    first ??= path
      .split('/')
      .slice(0, length + 3)
      .join('/');
  }
  return first;
}

export async function rename(path: string, to: string): Promise<void> {
  const [source, target] = [placeOf(path), placeOf(to)];
  refuse(target, 'rename to');
  await source.mount.life.write(stepOf('rename to', target.path), () => {
    const entry = entryAt(source);
    source.mount.disk.change([
      { ...parentOf(source), entry: undefined },
      { ...parentOf(target), entry },
    ]);
    tellWatchers(source);
    tellWatchers(target);
  });
}

export async function rm(
  path: string,
  {
    force = false,
    recursive = false,
  }: { readonly force?: boolean; readonly recursive?: boolean } = {},
): Promise<void> {
  const place = placeOf(path);
  const { disk, life } = place.mount;
  if (disk.find(place.path) === undefined && force) return;
  await life.write(stepOf('remove', place.path), () => {
    if (disk.find(place.path) === undefined && force) return;
    const entry = entryAt(place);
    if (entry.kind === 'folder' && !recursive) throw systemError('EISDIR');
    const { folder, name } = parentOf(place);
    remove(place, folder, name, entry);
  });
}

/** Children first, each in an operation of its own. */
function remove(place: Place, folder: Folder, name: string, entry: Entry): void {
  if (entry.kind === 'folder') {
    for (const [child, each] of [...entry.names]) {
      remove({ ...place, path: [...place.path, child] }, entry, child, each);
    }
  }
  place.mount.disk.change([{ folder, name, entry: undefined }]);
  tellWatchers(place);
}

export async function chmod(): Promise<void> {}

export async function statfs() {
  return { bavail: 2 ** 28, blocks: 2 ** 29, bsize: 4096 };
}
