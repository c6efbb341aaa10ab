import assert from 'node:assert/strict';
import { test } from 'node:test';
import { armFailpoint } from '#sync/adapters/failpoint-kill.ts';
import { passage } from '#sync/core/failpoint.ts';

test('a name that is in no table is refused: a test that cannot kill must not pass', () => {
  assert.throws(() => armFailpoint('segment/fsynced:1'), /names no failpoint/);
});

test('without a variable nothing is watched; with one the count decides', () => {
  let kills = 0;
  armFailpoint(undefined);
  armFailpoint('facts/durable:2', () => {
    kills += 1;
  });
  passage('facts/durable');
  passage('facts/written');
  assert.equal(kills, 0);
  passage('facts/durable');
  assert.equal(kills, 1);
  passage('facts/durable');
  assert.equal(kills, 1);
});
