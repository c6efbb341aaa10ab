import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createQuietTimes } from '#appliance/intake/complete.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

test('a study is quiet when nothing came for the quiet time', () => {
  const clock = createVirtualClock();
  const quiet = createQuietTimes(clock, 20_000);
  quiet.arrived('a', 'CT');
  clock.advance(19_999);
  assert.equal(quiet.isQuiet('a'), false);
  clock.advance(1);
  assert.equal(quiet.isQuiet('a'), true);
});

test('each arrival starts the time anew', () => {
  const clock = createVirtualClock();
  const quiet = createQuietTimes(clock, 20_000);
  quiet.arrived('a', 'CT');
  clock.advance(15_000);
  quiet.arrived('a', 'CT');
  clock.advance(15_000);
  assert.equal(quiet.isQuiet('a'), false);
});

test('a study that was never seen is quiet', () => {
  assert.equal(createQuietTimes(createVirtualClock(), 20_000).isQuiet('a'), true);
});

test('the next quiet moment is that of the study that has waited longest', () => {
  const clock = createVirtualClock();
  const quiet = createQuietTimes(clock, 20_000);
  assert.equal(quiet.nextQuietInMs(), undefined);
  quiet.arrived('a', 'CT');
  clock.advance(5_000);
  quiet.arrived('b', 'CT');
  assert.equal(quiet.nextQuietInMs(), 15_000);
  quiet.arrived('a', 'CT');
  assert.equal(quiet.nextQuietInMs(), 20_000);
});

test('a study that fell quiet is told once', () => {
  const clock = createVirtualClock();
  const quiet = createQuietTimes(clock, 20_000);
  quiet.arrived('a', 'CT');
  clock.advance(10_000);
  quiet.arrived('b', 'CT');
  clock.advance(10_000);
  assert.deepEqual(quiet.tellQuiet(), ['a']);
  assert.deepEqual(quiet.tellQuiet(), []);
  assert.equal(quiet.nextQuietInMs(), 10_000);
});

test('a modality that sends image by image may pause for longer', () => {
  const clock = createVirtualClock();
  const quiet = createQuietTimes(clock, 20_000);
  quiet.arrived('volume', 'MR');
  quiet.arrived('views', 'DX');
  clock.advance(20_000);
  assert.deepEqual([quiet.isQuiet('volume'), quiet.isQuiet('views')], [true, false]);
  assert.deepEqual(quiet.tellQuiet(), ['volume']);
  assert.equal(quiet.nextQuietInMs(), 40_000);
  clock.advance(40_000);
  assert.equal(quiet.isQuiet('views'), true);
});

test('evidence shortens the pause, and an image that comes all the same starts it anew', () => {
  const clock = createVirtualClock();
  const quiet = createQuietTimes(clock, 20_000);
  quiet.finished('unknown');
  assert.equal(quiet.nextQuietInMs(), undefined);
  quiet.arrived('a', 'DX');
  quiet.finished('a');
  assert.equal(quiet.nextQuietInMs(), 2_000);
  clock.advance(1_000);
  quiet.finished('a');
  assert.equal(quiet.nextQuietInMs(), 1_000, 'more evidence is no new pause');
  quiet.arrived('a', 'DX');
  assert.equal(quiet.nextQuietInMs(), 60_000);
  clock.advance(59_000);
  quiet.finished('a');
  assert.equal(quiet.nextQuietInMs(), 1_000, 'and never makes it longer');
});
