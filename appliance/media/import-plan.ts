/** What one look finds in the hot folder. */
export interface FoundEntry {
  /** Names from the folder down. */
  readonly path: readonly string[];
  readonly kind: 'file' | 'link' | 'other';
  /** Changes whenever the entry does: size, time of change, identity. */
  readonly shape: string;
}

/** What the looks before know of an entry. */
export interface SeenEntry {
  readonly shape: string;
  readonly sinceMs: number;
  /** `doubtful`: looked at, and may still be growing; `done`: dealt with, though it could not be removed. */
  readonly mark?: 'doubtful' | 'done';
}

/** What to do now with one entry; whatever is not named is left alone for now. */
export type ImportStep =
  | { readonly do: 'take'; readonly entry: FoundEntry; readonly isFromMedium: boolean }
  | { readonly do: 'refuse'; readonly entry: FoundEntry; readonly reason: string }
  /** The index of a medium, with nothing of the medium left beside it. */
  | { readonly do: 'forget'; readonly entry: FoundEntry };

export interface ImportRules {
  /** So long a file that does not look whole must stay as it is before it is judged, milliseconds. */
  readonly patienceMs: number;
}

/**
 * The longest time that a file waits for the others of its folder, milliseconds: a copy from a medium brings the
 * index at any time, and until then nothing says that the images are another hospital's.
 */
const treeWaitMs = 30 * 60_000;

/** The name of the index of a medium (PS3.10 8.6). */
const indexName = /^dicomdir$/i;

/**
 * What to do after one look, by the rules of the hot folder: nothing is touched that changed since the look before;
 * files in folders are taken when all of their folder stands still; links and devices are never followed.
 */
export function planImport(
  found: readonly FoundEntry[],
  before: ReadonlyMap<string, SeenEntry>,
  nowMs: number,
  rules: ImportRules,
): { readonly seen: Map<string, SeenEntry>; readonly steps: readonly ImportStep[] } {
  const seen = new Map(found.map((entry) => [keyOf(entry), seenNow(entry, before, nowMs)]));
  const still = (entry: FoundEntry) => before.get(keyOf(entry))?.shape === entry.shape;
  const stirring = new Set(found.filter((entry) => !still(entry)).map(treeOf));
  const media = new Set(found.filter(isIndex).map(folderOf));
  const steps = found.filter(still).flatMap((entry): readonly ImportStep[] => {
    const { sinceMs, mark } = seen.get(keyOf(entry)) ?? { sinceMs: nowMs };
    const restedMs = nowMs - sinceMs;
    if (mark === 'done') return [];
    if (entry.kind !== 'file') return [{ do: 'refuse', entry, reason: reasons[entry.kind] }];
    if (isIndex(entry)) {
      const isAlone = !found.some((other) => other !== entry && isBelow(other, folderOf(entry)));
      return isAlone && restedMs >= rules.patienceMs ? [{ do: 'forget', entry }] : [];
    }
    if (mark === 'doubtful' && restedMs < rules.patienceMs) return [];
    const tree = treeOf(entry);
    if (tree !== '' && stirring.has(tree) && restedMs < treeWaitMs) return [];
    return [{ do: 'take', entry, isFromMedium: foldersOf(entry).some((each) => media.has(each)) }];
  });
  return { seen, steps };
}

/** The key of an entry among those seen. */
export function keyOf({ path }: Pick<FoundEntry, 'path'>): string {
  return JSON.stringify(path);
}

const reasons = {
  link: 'It is a link: put the file itself here',
  other: 'It is no regular file: put a copy of it here',
} as const;

/** A clock that was set back starts the wait anew. */
function seenNow(
  entry: FoundEntry,
  before: ReadonlyMap<string, SeenEntry>,
  nowMs: number,
): SeenEntry {
  const known = before.get(keyOf(entry));
  return known?.shape === entry.shape && known.sinceMs <= nowMs
    ? known
    : { shape: entry.shape, sinceMs: nowMs };
}

/** The folder within the hot folder that an entry came with; '' for one that lies there by itself. */
function treeOf({ path }: FoundEntry): string {
  return path.length > 1 ? (path[0] ?? '') : '';
}

function isIndex({ kind, path }: FoundEntry): boolean {
  return kind === 'file' && indexName.test(path.at(-1) ?? '');
}

function folderOf({ path }: FoundEntry): string {
  return JSON.stringify(path.slice(0, -1));
}

function foldersOf({ path }: FoundEntry): readonly string[] {
  return path.map((_, depth) => JSON.stringify(path.slice(0, depth)));
}

function isBelow(entry: FoundEntry, folder: string): boolean {
  return foldersOf(entry).includes(folder);
}
