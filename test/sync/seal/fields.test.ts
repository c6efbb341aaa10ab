import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import {
  binary,
  bytesOfHex,
  complaint,
  hexBinary,
  shortText,
  siteCode,
  textOfHex,
} from '#sync/seal/fields.ts';

test('a binary field is canonical base64url of its length', () => {
  assert.deepEqual(binary(2).parse('AAE'), Uint8Array.of(0, 1));
  assert.equal(hexBinary(2).parse('AAE'), '0001');
  for (const text of ['AAF', 'AAE=', 'AA', 'AAAA', '', 'A+E', 'AA E']) {
    assert.equal(binary(2).safeParse(text).success, false, text);
  }
  assert.equal(binary(2).safeParse(1).success, false);
});

test('hex in memory and base64url in files are the same bytes', () => {
  assert.equal(textOfHex('0001'), 'AAE');
  assert.throws(() => bytesOfHex('0G'), TypeError);
  assert.throws(() => bytesOfHex('ABCD'), TypeError);
});

test('short text holds nothing that moves a cursor or hides text', () => {
  const text = shortText(5);
  for (const good of ['', 'abc', 'é€Ω', '\u{1f600}']) assert.ok(text.safeParse(good).success, good);
  for (const bad of ['abcdef', 'a\nb', '\u001b[2J', '\u202e', '\u2028', '\ue000', '\u0085']) {
    assert.equal(text.safeParse(bad).success, false, JSON.stringify(bad));
  }
});

test('a site code is capital letters, digits and dashes', () => {
  for (const good of ['CM-BAF-01', 'A', '0'.repeat(32)])
    assert.ok(siteCode.safeParse(good).success);
  for (const bad of ['', '-A', 'demo', 'A B', 'A'.repeat(33), 'É', 'A\n']) {
    assert.equal(siteCode.safeParse(bad).success, false, JSON.stringify(bad));
  }
});

test('a complaint names fields and counts what the sender made up, and quotes nothing of it', () => {
  const schema = z.strictObject({ site: siteCode, key: binary(2) });
  const complaintOf = (value: unknown): string => {
    const parsed = schema.safeParse(value);
    assert.ok(!parsed.success);
    return complaint(parsed.error);
  };
  const good = { site: 'A', key: 'AAE' };
  assert.match(complaintOf({ ...good, site: 'DOE^JOHN' }), /^site: must be a site code/);
  assert.equal(
    complaintOf({ ...good, [`DOE^${'x'.repeat(9_999)}`]: 1 }),
    'value: 1 unknown key(s)',
  );
  assert.match(complaintOf('DOE^JOHN'), /^value: (?!.*DOE)/);
});
