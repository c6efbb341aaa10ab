import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memorySlope } from './memory.ts';

const run = (fromS: number, forS: number, rssMB: (sinceS: number) => number) => ({
  samples: Array.from({ length: forS / 5 + 1 }, (_, index) => ({
    atS: fromS + index * 5,
    rssMB: rssMB(index * 5),
  })),
});

test('what fills up at the start and then rests is flat', () => {
  const slope = memorySlope([run(0, 900, (sinceS) => 80 + Math.min(sinceS, 90))]);
  assert.ok(Math.abs(slope) < 0.01, `${slope}`);
});

test('a leak is told per hour, from several runs with levels of their own', () => {
  const leaking = (level: number) => (sinceS: number) => level + (sinceS / 3_600) * 120;
  const slope = memorySlope([run(0, 300, leaking(80)), run(400, 500, leaking(140))]);
  assert.ok(Math.abs(slope - 120) < 0.01, `${slope}`);
});

test('runs that are killed young tell nothing', () => {
  assert.ok(Number.isNaN(memorySlope([run(0, 60, () => 80), run(70, 80, () => 90)])));
});
