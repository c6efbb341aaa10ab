import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fault } from '#sync/core/fault.ts';
import { expectOk, fail, ok } from '#sync/core/result.ts';

test('a success carries its value, a failure its fault', () => {
  assert.deepEqual(ok(3), { ok: true, value: 3 });
  assert.deepEqual(fail('why'), { ok: false, fault: 'why' });
});

test('to expect a success of a failure is a bug that says what failed', () => {
  const refused = fault('core/test', 'Cannot do it', 'Do something else');
  assert.equal(expectOk(ok('value')), 'value');
  assert.throws(() => expectOk(fail(refused)), { message: 'Cannot do it', cause: refused });
});

test('a fault is not to be retried unless it says so, and has a cause only when there is one', () => {
  assert.deepEqual(fault('core/test', 'm', 'n'), {
    kind: 'core/test',
    message: 'm',
    next: 'n',
    retry: 'never',
  });
  const cause = new Error('below');
  assert.equal(fault('core/test', 'm', 'n', 'later', cause).cause, cause);
  assert.equal('cause' in fault('core/test', 'm', 'n', 'later'), false);
});
