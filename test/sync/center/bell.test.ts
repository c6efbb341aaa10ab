import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBell } from '#sync/center/bell.ts';
import { createVirtualClock } from '../../support/clock-virtual.ts';

test('a ring ends the wait, and one that came before is remembered once', async () => {
  const clock = createVirtualClock();
  const bell = createBell(clock);
  const { signal } = new AbortController();
  bell.ring();
  await bell.wait(1_000, signal);
  let isOver = false;
  const waiting = bell.wait(1_000, signal).then(() => {
    isOver = true;
  });
  await Promise.resolve();
  assert.equal(isOver, false, 'the ring was used up');
  bell.ring();
  await waiting;
  assert.equal(clock.waiting(), 0);
});

test('time and a stop end the wait as well', async () => {
  const clock = createVirtualClock();
  const bell = createBell(clock);
  const stop = new AbortController();
  const first = bell.wait(1_000, stop.signal);
  clock.advance(1_000);
  await first;
  const second = bell.wait(1_000, stop.signal);
  stop.abort();
  await second;
  await bell.wait(1_000, stop.signal);
  assert.equal(clock.waiting(), 0);
});
