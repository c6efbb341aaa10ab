import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trendOf } from './memory.ts';

/** A look each five seconds. */
const run = (
  forS: number,
  rssMB: (sinceS: number) => number,
  openFiles = (_sinceS: number) => 40,
) => ({
  samples: Array.from({ length: forS / 5 + 1 }, (_, index) => ({
    atS: 1_000 + index * 5,
    ...{ rssMB: rssMB(index * 5), openFiles: openFiles(index * 5) },
  })),
});

test('what fills up at the start and then rests is flat', () => {
  const trend = trendOf(run(1_200, (sinceS) => 80 + Math.min(sinceS, 300)));
  assert.deepEqual([trend?.fromMB, trend?.toMB], [380, 380]);
  assert.ok(Math.abs(trend?.growthMBPerHour ?? 99) < 0.01);
});

test('garbage that comes and goes is no growth, however high it lies', () => {
  // Each 95 s it is collected; what is left is the same.
  const trend = trendOf(run(1_200, (sinceS) => 100 + (sinceS % 95)));
  assert.ok(Math.abs(trend?.growthMB ?? 99) < 1, `${trend?.growthMB}`);
});

test('a leak below the garbage is told per hour, and in all', () => {
  const trend = trendOf(run(1_500, (sinceS) => 80 + (sinceS / 3_600) * 120 + (sinceS % 30)));
  assert.ok(Math.abs((trend?.growthMBPerHour ?? 0) - 120) < 15, `${trend?.growthMBPerHour}`);
  assert.ok(Math.abs((trend?.growthMB ?? 0) - 40) < 5, `${trend?.growthMB}`);
});

test('what rises once and stays is no leak, wherever that falls', () => {
  for (const atS of [400, 650, 900, 1_000, 1_150, 1_400]) {
    const trend = trendOf(run(1_500, (sinceS) => (sinceS < atS ? 140 : 160)));
    assert.ok(Math.abs(trend?.growthMB ?? 99) < 1, `${atS} s: ${trend?.growthMB}`);
  }
});

test('files are counted after the warm-up and at the end', () => {
  const files = (sinceS: number): number => 40 + Math.floor(sinceS / 60);
  const trend = trendOf(run(900, () => 80, files));
  assert.deepEqual([trend?.fromFiles, trend?.toFiles], [45, 53]);
});

test('runs that are killed young tell nothing', () => {
  assert.equal(trendOf(run(595, () => 80)), undefined);
  assert.equal(trendOf({ samples: [] }), undefined);
});
