import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBell } from '#sync/core/bell.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

test('a ring between the count and the wait is not missed, and is used up by the next count', async () => {
  const clock = createVirtualClock();
  const bell = createBell(clock);
  const { signal } = new AbortController();
  const seen = bell.count();
  bell.ring();
  await bell.after(seen, 1_000, signal);
  let isOver = false;
  const waiting = bell.after(bell.count(), 1_000, signal).then(() => {
    isOver = true;
  });
  await Promise.resolve();
  assert.equal(isOver, false);
  bell.ring();
  await waiting;
  assert.equal(clock.waiting(), 0);
});

test('time and a stop end the wait as well', async () => {
  const clock = createVirtualClock();
  const bell = createBell(clock);
  const stop = new AbortController();
  const first = bell.after(bell.count(), 1_000, stop.signal);
  clock.advance(1_000);
  await first;
  const second = bell.after(bell.count(), 1_000, stop.signal);
  stop.abort();
  await second;
  await bell.after(bell.count(), 1_000, stop.signal);
  assert.equal(clock.waiting(), 0);
});
