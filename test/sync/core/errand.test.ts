import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createErrand } from '#sync/core/errand.ts';

const never = new AbortController().signal;
const unexpected = (message: string) => assert.fail(message);

test('one waking does all steps, and a second one beside it does not double them', async () => {
  let left = 3;
  let beside = 0;
  let most = 0;
  const errand = createErrand(
    async () => {
      beside += 1;
      most = Math.max(most, beside);
      await Promise.resolve();
      beside -= 1;
      left = Math.max(0, left - 1);
      return left > 0;
    },
    never,
    unexpected,
  );
  errand.wake();
  errand.wake();
  await errand.idle();
  assert.deepEqual({ left, most }, { left: 0, most: 1 });
});

test('what comes during the last step is done too', async () => {
  const done: number[] = [];
  const waiting = [1];
  const errand = createErrand(
    async () => {
      const next = waiting.shift();
      if (next === undefined) return false;
      done.push(next);
      if (next === 1) {
        waiting.push(2);
        errand.wake();
      }
      return false;
    },
    never,
    unexpected,
  );
  errand.wake();
  await errand.idle();
  assert.deepEqual(done, [1, 2]);
});

test('a step that throws is told, and the next waking tries again', async () => {
  const told: string[] = [];
  let steps = 0;
  const errand = createErrand(
    async () => {
      steps += 1;
      if (steps === 1) throw new Error('the catalog is away');
      return false;
    },
    never,
    (message) => told.push(message),
  );
  errand.wake();
  await errand.idle();
  errand.wake();
  await errand.idle();
  assert.deepEqual({ told, steps }, { told: ['the catalog is away'], steps: 2 });
});

test('the signal ends it between two steps, and no waking begins it again', async () => {
  const stop = new AbortController();
  let steps = 0;
  const errand = createErrand(
    async () => {
      steps += 1;
      if (steps === 2) stop.abort();
      return true;
    },
    stop.signal,
    unexpected,
  );
  errand.wake();
  await errand.idle();
  errand.wake();
  await errand.idle();
  assert.equal(steps, 2);
});
