import type { Chance } from '../timeline.ts';

/** What a power cut leaves whole or not at all. */
const sectorBytes = 512;
/** What the cache keeps and forgets as one. */
const pageBytes = 4_096;

/** The bytes of one file: what programs see, and what of it is on the platter for certain. */
export interface DiskFile {
  readonly kind: 'file';
  sizeBytes(): number;
  modifiedAtMs(): number;
  /** The caller owns the bytes. */
  read(offset: number, length: number): Uint8Array;
  write(bytes: Uint8Array, offset: number, nowMs: number): void;
  /** Writes bytes that are on the platter on return, with the length, and nothing else that was written (O_DSYNC). */
  writeThrough(bytes: Uint8Array, offset: number, nowMs: number): void;
  truncate(sizeBytes: number, nowMs: number): void;
  /** Begins an fsync: what is returned ends it, and covers what was written before it began. */
  sync(): () => void;
  /** An fsync fails: what was not on the platter is marked clean all the same, and no later fsync brings it there. */
  failSync(): void;
  isSynced(): boolean;
  /** The content of the last sync; not to be changed. */
  syncedBytes(): Uint8Array;
  /** Keeps a legal part of what was written since: all, nothing, or some sectors of it, under any length between. */
  powerCut(chance: Chance): void;
}

export function createDiskFile(nowMs: number): DiskFile {
  let synced: Uint8Array = new Uint8Array();
  let bytes: Uint8Array = new Uint8Array();
  let sizeBytes = 0;
  let changes = 0;
  let syncedChanges = 0;
  let modifiedAtMs = nowMs;
  let syncing = 0;
  /** What was written through while an fsync runs: it must not take it back. */
  let through: { readonly part: Uint8Array; readonly offset: number }[] = [];

  /** Pages of the cache that a failed fsync marked clean: programs see them, and no fsync writes them. */
  const ghosts = new Set<number>();

  const isSynced = (): boolean => syncedChanges === changes && ghosts.size === 0;

  /** What an fsync brings to the platter now. */
  function platter(): Uint8Array {
    const content = bytes.slice(0, sizeBytes);
    for (const page of ghosts) {
      const [from, to] = [page * pageBytes, Math.min((page + 1) * pageBytes, sizeBytes)];
      if (from >= to) continue;
      content.fill(0, from, to);
      content.set(synced.subarray(from, to), from);
    }
    return content;
  }

  function touch(atMs: number): void {
    changes++;
    modifiedAtMs = atMs;
  }

  function write(part: Uint8Array, offset: number, atMs: number): void {
    reserve(offset + part.length);
    bytes.set(part, offset);
    sizeBytes = Math.max(sizeBytes, offset + part.length);
    for (const page of pagesOf(offset, part.length)) ghosts.delete(page);
    touch(atMs);
  }

  function reserve(length: number): void {
    if (length <= bytes.length) return;
    const grown = new Uint8Array(Math.max(length, Math.min(2 * bytes.length, length + 2 ** 20)));
    grown.set(bytes.subarray(0, sizeBytes));
    bytes = grown;
  }

  /** Every sector may be the new one or the old one; where there is no old one, nothing or what lay there before. */
  function tear(chance: Chance): void {
    const shortest = Math.min(synced.length, sizeBytes);
    const longest = Math.max(synced.length, sizeBytes);
    const keptBytes = chance.pick([synced.length, sizeBytes, chance.whole(shortest, longest)]);
    const torn = new Uint8Array(keptBytes);
    const lost = chance.pick([0.1, 0.5, 0.9]);
    const stale = chance.pick([0, chance.whole(1, 255)]);
    for (let at = 0; at < keptBytes; at += sectorBytes) {
      const end = Math.min(at + sectorBytes, keptBytes);
      const isNew = at < sizeBytes && !(chance.is(lost) && isChanged(at, end));
      if (!isNew) torn.fill(stale, Math.max(at, Math.min(end, synced.length)), end);
      torn.set((isNew ? bytes.subarray(0, sizeBytes) : synced).subarray(at, end), at);
    }
    bytes = torn;
    sizeBytes = keptBytes;
  }

  function isChanged(at: number, end: number): boolean {
    if (end > synced.length) return true;
    return Buffer.compare(bytes.subarray(at, end), synced.subarray(at, end)) !== 0;
  }

  return {
    kind: 'file',
    sizeBytes: () => sizeBytes,
    modifiedAtMs: () => modifiedAtMs,
    read: (offset, length) => bytes.slice(offset, Math.min(sizeBytes, offset + length)),
    write,
    truncate(length, atMs) {
      if (length === sizeBytes) return;
      reserve(length);
      bytes.fill(0, Math.min(length, sizeBytes), Math.max(length, sizeBytes));
      sizeBytes = length;
      touch(atMs);
    },
    writeThrough(part, offset, atMs) {
      const wasSynced = isSynced();
      write(part, offset, atMs);
      synced = withPart(synced, part, offset);
      if (wasSynced) syncedChanges = changes;
      if (syncing > 0) through.push({ part: part.slice(), offset });
    },
    sync() {
      const covered = changes;
      const content = isSynced() ? synced : platter();
      const first = through.length;
      syncing++;
      return () => {
        syncing--;
        if (covered < syncedChanges) return;
        synced = content;
        for (const { part, offset } of through.slice(first))
          synced = withPart(synced, part, offset);
        if (syncing === 0) through = [];
        syncedChanges = covered;
      };
    },
    failSync() {
      for (const page of pagesOf(0, sizeBytes)) {
        const [from, to] = [page * pageBytes, Math.min((page + 1) * pageBytes, sizeBytes)];
        if (isChanged(from, to)) ghosts.add(page);
      }
    },
    isSynced,
    syncedBytes: () => synced,
    powerCut(chance) {
      if (isSynced()) return;
      bytes = platter();
      ghosts.clear();
      const fate = chance.pick(['lost', 'kept', 'torn', 'torn'] as const);
      if (fate === 'torn') tear(chance);
      if (fate === 'lost') {
        bytes = synced.slice();
        sizeBytes = synced.length;
      }
      synced = bytes.slice(0, sizeBytes);
      syncedChanges = changes;
    },
  };
}

function pagesOf(offset: number, length: number): readonly number[] {
  const first = Math.floor(offset / pageBytes);
  const end = Math.ceil((offset + length) / pageBytes);
  return Array.from({ length: Math.max(0, end - first) }, (_, index) => first + index);
}

function withPart(bytes: Uint8Array, part: Uint8Array, offset: number): Uint8Array {
  const grown = new Uint8Array(Math.max(bytes.length, offset + part.length));
  grown.set(bytes);
  grown.set(part, offset);
  return grown;
}
