import assert from 'node:assert/strict';
import { test } from 'node:test';
import { areasOfObject } from '#sync/coding/part10-areas.ts';
import { decodeSplit, encodeSplit } from '#sync/coding/split-payload.ts';
import { expectOk } from '#sync/core/result.ts';
import { syntheticSlice } from '../../support/synthetic-ct.ts';

test('few samples never cost more than the same bytes without their shape', () => {
  for (const rows of [8, 16, 64]) {
    const { part10 } = syntheticSlice({ seed: rows, slices: 1, rows }, 0);
    const areas = areasOfObject(part10);
    assert.equal(areas.length, 1);
    for (const coding of [2, 3, 4, 5] as const) {
      const split = encodeSplit(coding, part10, areas);
      assert.ok(split.length <= encodeSplit(coding, part10, []).length, `${rows} rows`);
      assert.deepEqual(expectOk(decodeSplit(coding, split, part10.length)), part10);
    }
  }
});
