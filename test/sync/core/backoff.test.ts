import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffCapMs, backoffMs } from '#sync/core/backoff.ts';

const at = (fraction: number) => ({ fraction: () => fraction });

test('the window doubles from the base up to the cap', () => {
  const almost = at(0.999_999);
  const pauses = [0, 1, 2, 3, 4, 5, 6, 1_000].map((attempt) =>
    Math.round(backoffMs(attempt, almost)),
  );
  assert.deepEqual(pauses, [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
});

test('jitter covers the window, but never so low that a loop spins', () => {
  assert.equal(backoffMs(0, at(0)), 500);
  assert.equal(backoffMs(9, at(0)), 500);
  assert.equal(backoffMs(9, at(0.5)), 30_000);
});

test('a pause is always a time that can be waited for', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.integer({ min: 1, max: 100_000 }),
      fc.integer({ min: 1, max: 100_000 }),
      (attempt, fraction, baseMs, capMs) => {
        const pause = backoffMs(attempt, at(fraction), baseMs, capMs);
        assert.ok(pause > 0 && pause <= capMs, `${pause}`);
      },
    ),
  );
  assert.equal(backoffCapMs, 60_000);
});
