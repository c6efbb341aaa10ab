import './cheap-seals.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';

const { simulate } = await import('./simulate.ts');

const replayOf = (seed: number): string =>
  `OUTPOST_SEED=${seed} node --test test/simulator/simulator.test.ts`;
const only = process.env['OUTPOST_SEED'];
const seeds = only === undefined ? Array.from({ length: 200 }, (_, seed) => seed) : [Number(only)];

test(`${seeds.length} worlds lose nothing, mix nothing and drain`, async () => {
  for (const seed of seeds) {
    const { violation, notes } = await simulate(seed);
    const story = `seed ${seed}: ${violation}\n${notes.join('\n')}\nreplay: ${replayOf(seed)}`;
    assert.equal(violation, undefined, story);
  }
});
