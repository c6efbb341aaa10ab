import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorCode } from '#sync/core/error-code.ts';

test('only an error that has one has a code', () => {
  assert.equal(errorCode(Object.assign(new Error('no'), { code: 'ENOENT' })), 'ENOENT');
  assert.equal(errorCode(Object.assign(new Error('no'), { code: 7 })), undefined);
  for (const other of [new Error('no'), { code: 'ENOENT' }, 'ENOENT', undefined, null]) {
    assert.equal(errorCode(other), undefined);
  }
});
