import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseUid, uid, uidOfBytes } from '#sync/dicom/uid.ts';

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

test('sixteen bytes make a UID under 2.25', () => {
  assert.equal(uidOfBytes(new Uint8Array(16)), '2.25.0');
  const all = uidOfBytes(new Uint8Array(16).fill(255));
  assert.equal(all, `2.25.${2n ** 128n - 1n}`);
  assert.equal(parseUid(all), all);
});

test('a constant that is no UID is a bug', () => {
  assert.throws(() => uid('1.2.'), TypeError);
});
