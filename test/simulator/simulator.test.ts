import './cheap-seals.ts';
import './virtual-files.ts';
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type Bug, bugs } from './bugs.ts';
import { seedsOf, usualSeeds } from './seeds.ts';
import type { Share } from './seeds-worker.ts';
import type { Outcome } from './simulate.ts';

const { simulate } = await import('./simulate.ts');

// OUTPOST_SIMULATOR_SEEDS=7 replays one world, 200-999 runs those (20 on Deno, the same worlds).
const asked = process.env['OUTPOST_SIMULATOR_SEEDS'];
const seeds = seedsOf(asked, 'Deno' in globalThis ? 20 : usualSeeds);

test(`${seeds.length} worlds lose nothing, mix nothing and come to rest`, async (t) => {
  const outcomes = await runAll(seeds);
  for (const outcome of outcomes) assert.equal(outcome.violation, undefined, storyOf(outcome));
  assert.equal(outcomes.length, seeds.length);
  const sum = (of: (outcome: Outcome) => number) => outcomes.reduce((n, each) => n + of(each), 0);
  t.diagnostic(
    `${sum(({ crashes }) => crashes)} crashes, ${sum(({ instances }) => instances)} instances, ` +
      `${sum(({ reports }) => reports)} reports, ${sum(({ steps }) => steps)} steps, ` +
      `${Math.round(sum(({ virtualS }) => virtualS) / 60)} virtual minutes`,
  );
});

test('the same seed makes the same world', async () => {
  assert.deepEqual(await simulate(3), await simulate(3));
});

/** The search starts at a seed that shows the bug, so that the proof stays cheap; it may go on through all of them. */
const shownBy: { readonly [B in Bug]?: number } = {
  'fact before durable': 72,
  'rename before sync': 94,
  'arrival before durable': 65,
  'taken before kept': 67,
  'answer not read': 18,
  'crash counts as stored': 191,
};

for (const bug of asked === undefined ? bugs : []) {
  test(`a planted bug is seen: ${bug}`, async (t) => {
    for (let n = 0; n < usualSeeds; n++) {
      const { seed, violation } = await simulate(((shownBy[bug] ?? 0) + n) % usualSeeds, bug);
      if (violation !== undefined) return t.diagnostic(`seed ${seed}: ${violation}`);
    }
    assert.fail(`None of ${usualSeeds} worlds shows it`);
  });
}

/** Deals the seeds out to one thread a core. */
async function runAll(all: readonly number[]): Promise<readonly Outcome[]> {
  const threads = Math.min(availableParallelism(), all.length);
  const shares = Array.from({ length: threads }, (_, thread) =>
    all.filter((_, index) => index % threads === thread),
  );
  return (await Promise.all(shares.map((share) => run({ seeds: share })))).flat();
}

function run(share: Share): Promise<readonly Outcome[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./seeds-worker.ts', import.meta.url), { workerData: share });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`A thread of worlds ended with ${code}`)));
  });
}

function storyOf({ seed, violation, notes, steps, virtualS }: Outcome): string {
  return [
    `seed ${seed}, step ${steps}, ${virtualS.toFixed(3)} s: ${violation}`,
    ...notes,
    `replay: OUTPOST_SIMULATOR_SEEDS=${seed} node --test test/simulator/simulator.test.ts`,
  ].join('\n');
}
