import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHurriedClock } from './clock-hurried.ts';

const never = new AbortController().signal;

test('waits end in the order in which they are due, and none before its time', async () => {
  const clock = createHurriedClock(100);
  const fromMs = clock.monotonicMs();
  const ended: number[] = [];
  await Promise.all(
    [3_000, 1_000, 2_000].map(async (ms) => {
      await clock.wait(ms, never);
      assert.ok(clock.monotonicMs() - fromMs >= ms);
      ended.push(ms);
    }),
  );
  assert.deepEqual(ended, [1_000, 2_000, 3_000]);
});

test('a process that is left alone for long comes to no deadline by that', async () => {
  const clock = createHurriedClock(10);
  const fromMs = clock.monotonicMs();
  let isOver = false;
  const over = clock.wait(2_000, never).then(() => {
    isOver = true;
  });
  // The machine does something else for a while: nothing of this process runs.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(clock.monotonicMs() - fromMs < 1_000);
  assert.equal(isOver, false);
  await over;
});

test('a wait that is given up ends at once', async () => {
  const clock = createHurriedClock(1);
  const stop = new AbortController();
  const over = clock.wait(3_600_000, stop.signal);
  stop.abort();
  await over;
  await clock.wait(3_600_000, stop.signal);
});
