import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  bytesOfQuintets,
  characterOf,
  crockfordValueOf,
  quintetsOf,
} from '#sync/seal/crockford.ts';

test('bits go most significant first', () => {
  assert.deepEqual(
    quintetsOf(Uint8Array.of(0xf8, 0x3e, 0x0f, 0x83, 0xe0)),
    [31, 0, 31, 0, 31, 0, 31, 0],
  );
});

test('whole groups of five bytes survive', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 5, maxLength: 5 }), { maxLength: 8 }),
      (groups) => {
        const bytes = Uint8Array.from(groups.flatMap((group) => [...group]));
        assert.deepEqual(bytesOfQuintets(quintetsOf(bytes)), bytes);
      },
    ),
  );
});

test('each of the 32 characters stands for its value, and look-alikes for theirs', () => {
  for (let value = 0; value < 32; value++) {
    assert.equal(crockfordValueOf(characterOf(value)), value);
    assert.equal(crockfordValueOf(characterOf(value).toLowerCase()), value);
  }
  assert.deepEqual([...'oOiIlL'].map(crockfordValueOf), [0, 0, 1, 1, 1, 1]);
  for (const none of ['U', 'u', '', '-', 'ß', '00', '\u{1f600}']) {
    assert.equal(crockfordValueOf(none), undefined, none);
  }
});
