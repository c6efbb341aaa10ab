import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from '../support/random-seeded.ts';
import { elders, planOf } from './plan.ts';

const plan = (seed: string, minutes = 30) => planOf(createSeededRandom(seed), minutes);

test('the same seed gives the same plan, another seed another', () => {
  assert.deepEqual(plan('7'), plan('7'));
  assert.notDeepEqual(plan('7'), plan('8'));
});

test('a longer soak goes on where a shorter one ends', () => {
  const short = plan('7', 10);
  assert.deepEqual(plan('7', 30).slice(0, short.length), short);
});

test('half an hour brings everything, in order and within its time', () => {
  const events = plan('7');
  assert.deepEqual([...new Set(events.map(({ kind }) => kind))].sort(), [
    'away',
    'cut',
    'full',
    'kill',
    'refuse',
    'stat',
  ]);
  assert.deepEqual(
    events.map(({ atS }) => atS),
    events.map(({ atS }) => atS).toSorted((a, b) => a - b),
  );
  assert.ok((events.at(-1)?.atS ?? 0) < 30 * 60);
});

test('the elders live', () => {
  const killed = plan('7', 600).flatMap((event) => ('program' in event ? [event.program] : []));
  assert.deepEqual(
    killed.filter((program) => elders.includes(program)),
    [],
  );
});
