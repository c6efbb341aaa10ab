import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sanitize } from '#sync/core/sanitize.ts';

test('escape sequences, line ends and overrides become question marks', () => {
  assert.equal(sanitize('a\u001b[2Jb'), 'a?[2Jb');
  assert.equal(sanitize('a\r\nb\tc\u0085\u2028\u2029'), 'a??b?c???');
  assert.equal(sanitize('\u202eevil\u2066\u200b\ufeff'), '?evil???');
});

test('letters of all scripts stay as they are', () => {
  for (const text of ['TEST^ALPHA', 'Müller', '山田', 'Ελλάδα', 'ምርመራ']) {
    assert.equal(sanitize(text), text);
  }
});

test('longer text is cut and says so', () => {
  assert.equal(sanitize('abcdef', 6), 'abcdef');
  assert.equal(sanitize('abcdefg', 6), 'abc...');
  assert.equal(sanitize('ab\u{1f600}cdefg', 6), 'ab...');
  assert.equal(sanitize('x'.repeat(500)).length, 200);
});

test('no input moves a cursor or grows beyond the limit', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 3, max: 40 }), (text, limit) => {
      const clean = sanitize(text, limit);
      assert.ok(clean.length <= limit && clean.isWellFormed());
      assert.doesNotMatch(clean, /[\p{Cc}\p{Cf}\u2028\u2029]/u);
    }),
  );
});
