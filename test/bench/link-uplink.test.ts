import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesWithin, type Look, lineTimesOf } from './link-uplink.ts';

/** Looks every 100 ms, of what left since the one before. */
const looksOf = (...left: readonly number[]): readonly Look[] => {
  let bytes = 0;
  return [0, ...left].map((more, index) => {
    bytes += more;
    return { atMs: 1_000 + index * 100, bytes };
  });
};

/** 250 bytes a millisecond carry 25,000 between two looks. */
const lineOf = (looks: readonly Look[], endedMs: number) => lineTimesOf(looks, 1_000, endedMs, 250);

const near = (actual: number | undefined, expected: number): void => {
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < 0.02, `${actual} is not ${expected}`);
};

test('a full line is idle only before the first byte and after the last', () => {
  const line = lineOf(looksOf(0, 60, 25_000, 25_000, 25_000, 25_000, 60, 60), 1_800);
  near(line?.untilFirstByteS, 0.2);
  near(line?.lineIdleS, 0);
  near(line?.afterLastByteS, 0.3);
});

test('what waits before the line is carried while nothing leaves', () => {
  const line = lineOf(looksOf(75_000, 0, 0, 0, 25_000, 25_000), 1_600);
  near(line?.untilFirstByteS, 0);
  near(line?.lineIdleS, 0.1);
});

test('where nothing left there is nothing to tell', () => {
  assert.equal(lineOf([], 2_000), undefined);
  assert.equal(lineOf(looksOf(60, 60), 1_200), undefined);
});

test('what left within a time is told by the looks before its ends', () => {
  const looks = looksOf(1_000, 2_000, 4_000, 8_000);
  assert.equal(bytesWithin(looks, { fromMs: 1_150, toMs: 1_310 }), 6_000);
  assert.equal(bytesWithin(looks, { fromMs: 0, toMs: 9_000 }), 15_000);
  assert.equal(bytesWithin([], { fromMs: 0, toMs: 9_000 }), 0);
});
