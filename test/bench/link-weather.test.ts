import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stormFigures } from './link-weather.ts';

test('goodput counts the seconds up, and waste what a like crossing without a cut did not send', () => {
  const calm = { pacsS: 8, knownS: 9, upBytes: 1_100_000, downBytes: 0, sealedBytes: 1_000_000 };
  const storm = {
    ...{ pacsS: 49, knownS: 50, downBytes: 0, cuts: 2, downS: 40 },
    ...{ sealedBytes: 2_000_000, upBytes: 2_200_000 + 512 * 1_024 },
  };
  assert.deepEqual(stormFigures(storm, calm, 2_000), {
    cuts: 2,
    downS: 40,
    goodputWhileUpPercent: 80,
    wastedPerCutKiB: 256,
  });
});
