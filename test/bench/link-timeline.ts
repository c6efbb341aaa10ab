import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';

/** Something that appeared in a folder between two programs, or that the bench itself saw. */
export interface Moment {
  /** Seconds from the start of the crossing. */
  readonly atS: number;
  readonly what: string;
  /** Size of the file when it was seen; undefined where it says nothing. */
  readonly sizeBytes?: number;
}

/** When the steps of a crossing were seen, by the folders through which the programs hand each other their work. */
export interface Timeline {
  note(what: string): void;
  /** What was seen so far, in order. */
  seen(): readonly Moment[];
  /** Ends the watch; all that was seen. */
  stop(): readonly Moment[];
}

/** Watches `folders`, each with the words for what appears in it, from now on; what is there already counts for nothing. */
export function watchTimeline(folders: Readonly<Record<string, string>>): Timeline {
  const startedMs = performance.now();
  const moments: Moment[] = [];
  const add = (what: string, sizeBytes?: number): void => {
    const atS = (performance.now() - startedMs) / 1_000;
    moments.push({ atS, what, ...(sizeBytes !== undefined && { sizeBytes }) });
  };
  const watchers = Object.entries(folders).map(([what, folder]) =>
    watchNew(folder, (sizeBytes) => add(what, sizeBytes)),
  );
  return {
    note: add,
    seen: () => [...moments],
    stop: () => {
      for (const watcher of watchers) watcher.close();
      return moments;
    },
  };
}

/** Tells each name that appears in a folder once. */
function watchNew(folder: string, onNew: (sizeBytes: number) => void): FSWatcher {
  const seen = new Set<string>(readdirSync(folder));
  return watch(folder, (_, name) => {
    if (name === null || name.startsWith('.') || seen.has(name)) return;
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    if (!found) return;
    seen.add(name);
    onNew(found.size);
  });
}

/** One line a kind of step, in the order of its first time: every time, and kB where sizes say something. */
export function linesOf(moments: readonly Moment[]): readonly string[] {
  const byKind = Map.groupBy(moments, ({ what }) => what);
  return [...byKind].map(([what, each]) => {
    const times = each.map(({ atS, sizeBytes }) => {
      const size = sizeBytes ? ` (${(sizeBytes / 1_000).toFixed(1)} kB)` : '';
      return `${atS.toFixed(2)}${size}`;
    });
    return `${what}: ${times.join(', ')}`;
  });
}
