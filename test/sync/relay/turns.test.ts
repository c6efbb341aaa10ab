import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTurns } from '#sync/relay/turns.ts';

const work = fc.record({
  key: fc.constantFrom('a', 'b'),
  ticks: fc.nat({ max: 5 }),
  fails: fc.boolean(),
});

test('work on one key is done one after another in the order of arrival, whatever fails', () =>
  fc.assert(
    fc.asyncProperty(fc.array(work, { maxLength: 20 }), async (jobs) => {
      const turns = createTurns();
      const busy = new Set<string>();
      const done: Record<string, number[]> = { a: [], b: [] };
      const all = jobs.map(({ key, ticks, fails }, index) =>
        turns.run(key, async () => {
          assert.ok(!busy.has(key), 'one at a time');
          busy.add(key);
          for (let tick = 0; tick < ticks; tick++) await undefined;
          busy.delete(key);
          done[key]?.push(index);
          if (fails) throw new RangeError('it fails');
          return index;
        }),
      );
      const outcomes = await Promise.allSettled(all);
      for (const [index, outcome] of outcomes.entries()) {
        if (jobs[index]?.fails) assert.ok(outcome.status === 'rejected');
        else assert.deepEqual(outcome, { status: 'fulfilled', value: index });
      }
      for (const key of ['a', 'b']) {
        const expected = [...jobs.keys()].filter((index) => jobs[index]?.key === key);
        assert.deepEqual(done[key], expected);
      }
    }),
  ));

test('one key does not wait for another', async () => {
  const turns = createTurns();
  const stuck = Promise.withResolvers<void>();
  const first = turns.run('a', () => stuck.promise);
  assert.equal(await turns.run('b', async () => 'b'), 'b');
  stuck.resolve();
  await first;
});
