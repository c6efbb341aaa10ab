import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seedsOf } from './seeds.ts';

test('one seed, a range with both ends, or the usual ones', () => {
  assert.deepEqual(seedsOf('7'), [7]);
  assert.deepEqual(seedsOf('200-203'), [200, 201, 202, 203]);
  assert.deepEqual(seedsOf(undefined, 3), [0, 1, 2]);
});

test('anything else is refused, so that no run passes without a world', () => {
  for (const text of ['', 'all', '9-3', '1,2', '-1', '1-2-3']) {
    assert.throws(() => seedsOf(text), /give one seed/);
  }
});
