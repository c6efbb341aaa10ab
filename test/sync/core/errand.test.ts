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

test('a waking is heard whenever it comes, even as the last step ends', async () => {
  for (let ticks = 0; ticks < 8; ticks++) {
    let steps = 0;
    const errand = createErrand(
      async () => {
        steps += 1;
        if (steps === 1) void after(ticks).then(() => errand.wake());
        return false;
      },
      never,
      unexpected,
    );
    errand.wake();
    await after(20);
    await errand.idle();
    assert.equal(steps, 2, `woken ${ticks} ticks after the step began`);
  }
});

/** Resolves after so many turns of the queue of promises. */
async function after(ticks: number): Promise<void> {
  for (let tick = 0; tick < ticks; tick++) await undefined;
}

test('a waking during a step that throws is heard', async () => {
  const told: string[] = [];
  let steps = 0;
  const errand = createErrand(
    async () => {
      steps += 1;
      if (steps > 1) return false;
      errand.wake();
      throw new Error('the catalog is away');
    },
    never,
    (message) => told.push(message),
  );
  errand.wake();
  await errand.idle();
  assert.deepEqual({ told, steps }, { told: ['the catalog is away'], steps: 2 });
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
