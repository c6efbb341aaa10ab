import './cheap-seals.ts';
import './virtual-files.ts';
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { findBug, mostForABug } from './bug-search.ts';
import { type Bug, bugs } from './bugs.ts';
import { readCorpus } from './corpus.ts';
import { createPool } from './pool.ts';
import { seedsOf, usualSeeds } from './seeds.ts';
import { storyOf, summaryOf } from './story.ts';

const { simulate } = await import('./simulate.ts');

// OUTPOST_SIMULATOR_SEEDS=7 replays one world, 200-999 runs those (20 on Deno, the same worlds).
const asked = process.env['OUTPOST_SIMULATOR_SEEDS'];
const isDeno = 'Deno' in globalThis;
const seeds = seedsOf(asked, isDeno ? 20 : usualSeeds);

const pool = createPool();
after(() => pool.close());

test(`${seeds.length} worlds lose nothing, mix nothing and come to rest`, async (t) => {
  const past = asked === undefined && !isDeno ? readCorpus().map(({ seed }) => seed) : [];
  const all = [...new Set([...past, ...seeds])];
  const runs = all.map(async (seed) => {
    const outcome = await pool.run({ seed });
    assert.equal(outcome.violation, undefined, storyOf(outcome));
    return outcome;
  });
  t.diagnostic(summaryOf(await Promise.all(runs)));
});

test('the same seed makes the same world', async () => {
  assert.deepEqual(await simulate(3), await simulate(3));
});

/** Tells in which world it was seen. */
async function worldThatShows(bug: Bug): Promise<string> {
  const found = await findBug(bug, pool);
  if (found === undefined) assert.fail(`None of ${mostForABug} worlds shows it`);
  const { seed, violation, worlds } = found;
  return `seed ${seed}, world ${worlds} of the search: ${violation}`;
}

test('every planted bug is seen', { concurrency: true }, async (t) => {
  const wanted = asked === undefined ? bugs : [];
  await Promise.all(
    wanted.map((bug) => t.test(bug, async (own) => own.diagnostic(await worldThatShows(bug)))),
  );
});
