import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRevisions, ringOnChange } from '#appliance/intake/revisions.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

test('a change rings at once, a crowd of changes rings twice a second, and the last one is heard', async () => {
  const clock = createVirtualClock();
  const revisions = createRevisions(clock);
  const stop = new AbortController();
  let rings = 0;
  const running = ringOnChange(revisions, [() => rings++], clock, stop.signal);
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };
  await settle();
  assert.equal(rings, 0);
  revisions.bump();
  await settle();
  assert.equal(rings, 1);
  for (let at = 0; at < 100; at++) {
    revisions.bump();
    await settle();
  }
  assert.equal(rings, 1);
  clock.advance(500);
  await settle();
  assert.equal(rings, 2);
  clock.advance(3_600_000);
  await settle();
  assert.equal(rings, 2);
  stop.abort();
  await running;
});
