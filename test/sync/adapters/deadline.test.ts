import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { createDeadline } from '#sync/adapters/deadline.ts';

const timers = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('passes after its time', async () => {
  const deadline = createDeadline(5, new AbortController().signal);
  await once(deadline.signal, 'abort');
  assert.equal(deadline.hasPassed(), true);
  deadline.release();
});

test('ends with the signal it stands under, and has not passed', () => {
  const outer = new AbortController();
  const deadline = createDeadline(60_000, outer.signal);
  outer.abort();
  assert.equal(deadline.signal.aborted, true);
  assert.equal(deadline.hasPassed(), false);
  deadline.release();
});

test('released, it leaves no timer and does not hear of its signal', () => {
  const before = timers();
  const outer = new AbortController();
  const deadline = createDeadline(60_000, outer.signal);
  assert.equal(timers(), before + 1);
  deadline.release();
  assert.equal(timers(), before);
  outer.abort();
  assert.equal(deadline.signal.aborted, false);
});
