import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseUid, uid } from '#sync/dicom/uid.ts';

test('legal UIDs are parsed, and so are components with a leading zero', () => {
  for (const text of ['1', '1.2.840.10008.1.2', '2.25.0', '999.999.01.23', '1'.repeat(64)]) {
    assert.equal(parseUid(text), text);
  }
});

test('what is no UID is refused', () => {
  const bad = [
    '',
    '.',
    '1.',
    '.1',
    '1..2',
    '1.2 ',
    '1.2\0',
    '1.a',
    '../1',
    '1/2',
    '1'.repeat(65),
    '١',
  ];
  for (const text of bad) assert.equal(parseUid(text), undefined, JSON.stringify(text));
});

test('a UID is safe as a file name and in a URL', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseUid(text);
      assert.ok(parsed === undefined || /^[0-9.]{1,64}$/.test(parsed));
      assert.ok(parsed === undefined || !parsed.includes('..'));
    }),
  );
});

test('a constant that is no UID is a bug', () => {
  assert.throws(() => uid('1.2.'), TypeError);
});
