import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPipe } from './pipe.ts';
import { createTimeline } from './timeline.ts';

async function runDry(timeline: ReturnType<typeof createTimeline>): Promise<void> {
  while (await timeline.step());
}

test('two loads share the rate, and the second has all of it when the first is through', async () => {
  const timeline = createTimeline(1);
  const pipe = createPipe(timeline, 1_000);
  const ends: number[] = [];
  for (const sizeBytes of [1_000, 3_000]) {
    pipe.carry(sizeBytes, false, () => ends.push(Math.round(timeline.elapsedMs())));
  }
  await runDry(timeline);
  assert.deepEqual(ends, [2_000, 4_000]);
});

test('a load that is stopped gives its share away, and the rest of it is never carried', async () => {
  const timeline = createTimeline(1);
  const pipe = createPipe(timeline, 1_000);
  const first = pipe.carry(10_000, false, () => assert.fail('it was stopped'));
  timeline.after(2_000, () => first.stop());
  let endMs = 0;
  pipe.carry(3_000, true, () => {
    endMs = timeline.elapsedMs();
  });
  await runDry(timeline);
  assert.equal(first.carriedBytes(), 1_000);
  assert.equal(Math.round(endMs), 4_000);
  assert.deepEqual(pipe.carried(), { stat: 3_000, other: 1_000 });
});

test('in a queue the second waits for the first, and moves up when that is stopped', async () => {
  const timeline = createTimeline(1);
  const pipe = createPipe(timeline, 1_000, 'queue');
  const ends: number[] = [];
  const first = pipe.carry(10_000, false, () => assert.fail('it was stopped'));
  pipe.carry(3_000, true, () => ends.push(Math.round(timeline.elapsedMs())));
  pipe.carry(1_000, false, () => ends.push(Math.round(timeline.elapsedMs())));
  timeline.after(2_000, () => first.stop());
  await runDry(timeline);
  assert.deepEqual([first.carriedBytes(), ...ends], [2_000, 5_000, 6_000]);
});

test('whatever comes when, every byte is carried once and none faster than the rate', async () => {
  const load = fc.record({
    atMs: fc.integer({ min: 0, max: 5_000 }),
    sizeBytes: fc.integer({ min: 0, max: 50_000 }),
    isStat: fc.boolean(),
  });
  const kind = fc.constantFrom('queue' as const, 'shared' as const);
  await fc.assert(
    fc.asyncProperty(fc.array(load, { maxLength: 12 }), kind, async (loads, of) => {
      const timeline = createTimeline(1);
      const pipe = createPipe(timeline, 8_000, of);
      let through = 0;
      for (const { atMs, sizeBytes, isStat } of loads) {
        timeline.after(atMs, () => pipe.carry(sizeBytes, isStat, () => through++));
      }
      await runDry(timeline);
      const { stat, other } = pipe.carried();
      const sizeBytes = loads.reduce((sum, each) => sum + each.sizeBytes, 0);
      assert.equal(through, loads.length);
      assert.ok(Math.abs(stat + other - sizeBytes) < 1);
      assert.ok(timeline.elapsedMs() >= (sizeBytes * 1_000) / 8_000 - 1);
    }),
    { numRuns: 50 },
  );
});
