import { writeFileSync } from 'node:fs';
import { bugSeedsFile, findBug } from './bug-search.ts';
import { bugs } from './bugs.ts';
import { createPool } from './pool.ts';

// Writes down where each planted bug is seen now, so that the next search finds it in its first world.

const pool = createPool();
const found = await Promise.all(bugs.map(async (bug) => [bug, await findBug(bug, pool)] as const));
await pool.close();
const seeds = Object.fromEntries(found.map(([bug, seen]) => [bug, seen?.seed]));
writeFileSync(bugSeedsFile, `${JSON.stringify(seeds, undefined, 2)}\n`);
for (const [bug, seen] of found) {
  const what = seen && `seed ${seen.seed}, world ${seen.worlds} of the search: ${seen.violation}`;
  process.stdout.write(`${bug}: ${what ?? 'not seen'}\n`);
}
process.exitCode = found.some(([, seen]) => seen === undefined) ? 1 : 0;
