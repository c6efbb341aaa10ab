import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPulse } from '#sync/agent/pulse.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

/** A pulse that has seen `count` uploads answered after `usualMs`. */
function open(count: number, usualMs: number) {
  const clock = createVirtualClock();
  const pulse = createPulse(clock, () => undefined);
  for (let n = 0; n < count; n++) {
    const beat = pulse.begin();
    beat.whole();
    clock.advance(usualMs);
    beat.answered();
  }
  return { clock, pulse };
}

test('an upload is overdue when its last byte left longer ago than is usual, and a bit', () => {
  const { clock, pulse } = open(6, 600);
  const beat = pulse.begin();
  clock.advance(5_000);
  assert.equal(pulse.overdue(clock.monotonicMs(), 100), 0, 'some of it has yet to leave');
  beat.left();
  beat.whole();
  clock.advance(700);
  assert.equal(pulse.overdue(clock.monotonicMs(), 100), 0);
  clock.advance(1);
  assert.equal(pulse.overdue(clock.monotonicMs(), 100), 1);
  beat.answered();
  assert.equal(pulse.overdue(clock.monotonicMs(), 100), 0);
  assert.equal(pulse.lastAnswerMs(), clock.monotonicMs());
});

test('before a few uploads were answered nobody can say what is overdue', () => {
  const { clock, pulse } = open(5, 600);
  pulse.begin().whole();
  clock.advance(60_000);
  assert.equal(pulse.overdue(clock.monotonicMs(), 100), 0);
});

test('what was reset or has ended is expected no more', () => {
  const { clock, pulse } = open(6, 600);
  const beats = [pulse.begin(), pulse.begin()];
  for (const beat of beats) beat.whole();
  beats[0]?.ended();
  clock.advance(2_000);
  assert.equal(pulse.overdue(clock.monotonicMs(), 100), 1);
  pulse.forget();
  assert.equal(pulse.overdue(clock.monotonicMs(), 100), 0);
  assert.equal(pulse.silentSinceMs(), undefined);
});
