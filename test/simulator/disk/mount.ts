import type { Life } from '../life.ts';
import type { Timeline } from '../timeline.ts';
import { createDisk, createFolder, type Disk, type Entry, type Folder } from './disk.ts';
import { createDiskFile } from './file.ts';

/** The disk of a machine together with what watches it. */
export interface MachineDisk {
  readonly disk: Disk;
  readonly timeline: Timeline;
  readonly watchers: Set<Watcher>;
  /** Planted bugs: an fsync that is left out, or one that comes only after the name is there. */
  readonly mistakes: Mistakes;
}

export interface Mistakes {
  /** True for an fsync of a file or folder that somebody forgot. */
  readonly isForgotten?: (what: 'file' | 'folder', path: string) => boolean;
  /** True for a file that is synced after its folder. */
  readonly isLate?: (path: string) => boolean;
}

export interface Watcher {
  /** Path from the root of the disk; everything below it wakes, but for what is under `ignored`. */
  readonly path: string;
  readonly ignored: string | undefined;
  wake(): void;
}

/** A disk with the folders that setup made. */
export function createMachineDisk(
  timeline: Timeline,
  folders: readonly string[],
  mistakes: Mistakes = {},
): MachineDisk {
  const disk = createDisk();
  for (const name of folders) disk.change([{ folder: disk.root, name, entry: createFolder() }]);
  disk.syncFolder(disk.root)();
  return { disk, timeline, watchers: new Set(), mistakes };
}

/** Somebody at another machine puts a file into a folder, durably. */
export function putFromOutside(
  { disk, timeline }: MachineDisk,
  path: readonly string[],
  bytes: Uint8Array,
): void {
  const folder = folderOf(disk, path.slice(0, -1));
  const file = createDiskFile(timeline.elapsedMs());
  file.write(bytes, 0, timeline.elapsedMs());
  file.sync()();
  disk.change([{ folder, name: path.at(-1) ?? '', entry: file }]);
  disk.syncFolder(folder)();
}

function folderOf(disk: Disk, path: readonly string[]): Folder {
  let folder = disk.root;
  for (const name of path) {
    const known = folder.names.get(name);
    const next = known ?? createFolder();
    if (next.kind !== 'folder') throw systemError('ENOTDIR');
    if (known === undefined) {
      disk.change([{ folder, name, entry: next }]);
      disk.syncFolder(folder)();
    }
    folder = next;
  }
  return folder;
}

/** What one program in one life sees of the disk of its machine. */
export interface Mount extends MachineDisk {
  readonly life: Life;
}

/** Paths of the simulator begin with this; the real disk is never reached from it. */
const mountPoint = 'virtual';
const mounts = new Map<string, Mount>();
let lastMount = 0;

/** Gives a program a path under which real adapters find the disk; the path itself says whose life it is. */
export function mount(machine: MachineDisk, life: Life): string {
  const name = String(++lastMount);
  mounts.set(name, { ...machine, life });
  return `/${mountPoint}/${name}`;
}

/** Forgets every mount of this thread: its world is over. */
export function unmountAll(): void {
  mounts.clear();
}

/** A path as the exchanged `node:fs` meets it. */
export interface Place {
  readonly mount: Mount;
  readonly path: readonly string[];
}

export function placeOf(path: string): Place {
  const [, first, name, ...rest] = path.split('/');
  const found = first === mountPoint ? mounts.get(name ?? '') : undefined;
  if (found === undefined) throw new Error(`${path} is no path of this world`);
  return { mount: found, path: rest };
}

/** The system's error `code`. */
export function systemError(code: string): Error {
  // Adapters look for what is not there all the time: no stack is made for that.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const error = Object.assign(new Error(code), { code });
  Error.stackTraceLimit = stackTraceLimit;
  return error;
}

export function entryAt({ mount: { disk }, path }: Place): Entry {
  const entry = disk.find(path);
  if (entry === undefined) throw systemError('ENOENT');
  return entry;
}

/** The folder that holds the last name of a path. */
export function parentOf({ mount: { disk }, path }: Place): {
  readonly folder: Folder;
  readonly name: string;
} {
  const folder = disk.find(path.slice(0, -1));
  if (folder === undefined) throw systemError('ENOENT');
  if (folder.kind !== 'folder') throw systemError('ENOTDIR');
  return { folder, name: path.at(-1) ?? '' };
}

/** Names a step of a program for its crash plan: the kind of file, not the file. */
export function stepOf(what: string, path: readonly string[]): string {
  return `${what} ${path.join('/').replaceAll(/[0-9a-f]{32,}|\d+/g, '#')}`;
}

/** Throws what the file system says instead of doing a step; `onRefused` is what such a step leaves behind. */
export function refuse({ mount, path }: Place, what: string, onRefused?: () => void): void {
  const { life, timeline, watchers } = mount;
  const code = life.fault(stepOf(what, path));
  if (code === undefined) return;
  onRefused?.();
  // Who looks at a folder every few seconds all the same looks again.
  for (const watcher of watchers) timeline.after(timeline.chance.between(0, 3_000), watcher.wake);
  throw systemError(code);
}

/** Tells whoever watches that something below `path` changed. */
export function tellWatchers({ mount: { watchers }, path }: Place): void {
  if (watchers.size === 0) return;
  const text = path.join('/');
  for (const watcher of watchers) {
    const isInside = text.startsWith(`${watcher.path}/`);
    if (isInside && !(watcher.ignored && text.startsWith(watcher.ignored))) watcher.wake();
  }
}
