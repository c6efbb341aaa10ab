import type { Chance } from '../timeline.ts';
import type { DiskFile } from './file.ts';

export interface Folder {
  readonly kind: 'folder';
  names: Map<string, Entry>;
  /** The names that a power cut leaves in any case. */
  readonly synced: Map<string, Entry>;
}
export type Entry = DiskFile | Folder;

/** A name that a folder gets, or loses. */
export interface Change {
  readonly folder: Folder;
  readonly name: string;
  readonly entry: Entry | undefined;
}
/** Atomic: a rename takes one name and gives another. */
export type Operation = readonly Change[];

/**
 * The disk of one machine, as a file system with a journal treats it: each operation on names is atomic, and one that
 * no fsync of its folder covered may be lost or kept in any mixture. An fsync of a file says nothing about its name.
 */
export interface Disk {
  readonly root: Folder;
  find(path: readonly string[]): Entry | undefined;
  change(operation: Operation): void;
  /** Begins an fsync: what is returned ends it, and covers what was done before it began. */
  syncFolder(folder: Folder): () => void;
  /** Keeps a legal part of what was not synced. Programs that ran on it must be dead. */
  powerCut(chance: Chance): void;
  /** The file at `path` if it is there whole after every legal power cut, and without one. */
  safeFile(path: readonly string[]): DiskFile | undefined;
  /** Names at `path` that every power cut leaves. */
  safeNames(path: readonly string[]): readonly string[];
  /** Grows with each power cut, and whenever a file that a power cut would leave loses its name. */
  losses(): number;
}

export function createFolder(): Folder {
  return { kind: 'folder', names: new Map(), synced: new Map() };
}

export function createDisk(): Disk {
  const root = createFolder();
  /** Operations that no fsync covers yet, oldest first. */
  let pending: Operation[] = [];
  let losses = 0;

  return {
    root,
    find: (path) => walk(root, path, (folder) => folder.names),
    change(operation) {
      for (const each of operation) {
        if (each.folder.synced.has(each.name)) losses++;
        apply(each, each.folder.names);
      }
      pending.push(operation);
    },
    syncFolder(folder) {
      const covered = new Set(coveredBy(folder, pending));
      return () => {
        // What another fsync covered meanwhile must not come again over what followed it.
        for (const operation of pending) if (covered.has(operation)) settle(operation);
        pending = pending.filter((operation) => !covered.has(operation));
      };
    },
    powerCut(chance) {
      losses++;
      const kept = chance.pick([0, 0.5, 0.5, 1]);
      for (const operation of pending) if (chance.is(kept)) settle(operation);
      pending = [];
      restart(root, chance);
    },
    safeFile(path) {
      const file = walk(root, path, (folder) => folder.synced);
      if (file?.kind !== 'file') return undefined;
      return walk(root, path, (folder) => folder.names) === file ? file : undefined;
    },
    safeNames(path) {
      const folder = walk(root, path, (each) => each.synced);
      return folder?.kind === 'folder' ? [...folder.synced.keys()] : [];
    },
    losses: () => losses,
  };
}

function walk(
  root: Folder,
  path: readonly string[],
  namesOf: (folder: Folder) => ReadonlyMap<string, Entry>,
): Entry | undefined {
  let at: Entry | undefined = root;
  for (const name of path) at = at?.kind === 'folder' ? namesOf(at).get(name) : undefined;
  return at;
}

function apply({ name, entry }: Change, names: Map<string, Entry>): void {
  if (entry === undefined) names.delete(name);
  else names.set(name, entry);
}

function settle(operation: Operation): void {
  for (const each of operation) apply(each, each.folder.synced);
}

/**
 * What an fsync of `folder` makes durable: what touched it, what went before under the same names, and what made it,
 * since a folder and its name come into being in one operation.
 */
function coveredBy(folder: Folder, pending: readonly Operation[]): readonly Operation[] {
  const touched: Change[] = [];
  const above = new Set<Entry | undefined>([folder]);
  return pending.toReversed().filter((operation) => {
    const makes = operation.filter(({ entry }) => above.has(entry));
    const isCovered = operation.some(
      (each) =>
        each.folder === folder ||
        touched.some((later) => later.folder === each.folder && later.name === each.name),
    );
    if (!isCovered && makes.length === 0) return false;
    touched.push(...operation);
    for (const each of makes) above.add(each.folder);
    return true;
  });
}

/** After the power is back: the names and bytes that are left are all there is. */
function restart(folder: Folder, chance: Chance): void {
  folder.names = new Map(folder.synced);
  for (const entry of folder.names.values()) {
    if (entry.kind === 'folder') restart(entry, chance);
    else entry.powerCut(chance);
  }
}
