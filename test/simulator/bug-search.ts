import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Bug, bugs, shows } from './bugs.ts';
import type { Pool } from './pool.ts';

/** Worlds in which a planted bug is looked for at most. */
export const mostForABug = 400;

/**
 * Where each bug was seen last: it is looked for there first, which saves most of the search. Nothing rests on it: code
 * that moves the draws makes another world of a seed, and then the search begins at the first one.
 * `node test/simulator/note-bug-seeds.ts` writes them anew.
 */
const seedsSchema = z.partialRecord(z.enum(bugs), z.int().nonnegative());
export const bugSeedsFile = new URL('./bug-seeds.json', import.meta.url);

export interface FoundBug {
  readonly seed: number;
  readonly violation: string;
  /** How many worlds were run for it. */
  readonly worlds: number;
}

/** The first world that shows a bug: no luck is needed beyond that one of so many does. */
export async function findBug(bug: Bug, pool: Pool): Promise<FoundBug | undefined> {
  const seeds = seedsSchema.parse(JSON.parse(readFileSync(bugSeedsFile, 'utf8')));
  const known = seeds[bug];
  const order = Array.from({ length: mostForABug }, (_, seed) => seed);
  if (known !== undefined) order.unshift(known);
  for (const [index, seed] of order.entries()) {
    const { violation } = await pool.run({ seed, bug });
    if (violation !== undefined && shows[bug].test(violation)) {
      return { seed, violation, worlds: index + 1 };
    }
  }
  return undefined;
}
