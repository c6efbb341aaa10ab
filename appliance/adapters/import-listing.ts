import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FoundEntry } from '../media/import-plan.ts';

/** Folders inside one another that are looked into, and entries of one look; a medium has 8 (PS3.10 8.2). */
const maxDepth = 16;
const maxEntries = 100_000;

/**
 * Everything below `dir` but its folders and what lies in `except`. What cannot be read, or goes while it is looked
 * at, is left out: the next look sees it again.
 */
export async function listImports(dir: string, except: string): Promise<readonly FoundEntry[]> {
  const found: FoundEntry[] = [];
  async function visit(path: readonly string[]): Promise<void> {
    if (path.length > maxDepth || found.length >= maxEntries) return;
    const entries = await readdir(join(dir, ...path), { withFileTypes: true }).catch((cause) => {
      if (path.length === 0) throw cause;
      return [];
    });
    for (const entry of entries) {
      const inside = [...path, entry.name];
      if (path.length === 0 && entry.name === except) continue;
      if (entry.isDirectory()) await visit(inside);
      else if (found.length < maxEntries) {
        const stat = await lstat(join(dir, ...inside)).catch(() => undefined);
        if (stat) found.push({ path: inside, kind: kindOf(stat), shape: shapeOf(stat) });
      }
    }
  }
  await visit([]);
  return found;
}

/** What changes whenever a file does: another file under its name, its length, its time of change. */
export function shapeOf(stat: {
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
}): string {
  return `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
}

function kindOf(stat: { isFile(): boolean; isSymbolicLink(): boolean }): FoundEntry['kind'] {
  if (stat.isFile()) return 'file';
  return stat.isSymbolicLink() ? 'link' : 'other';
}
