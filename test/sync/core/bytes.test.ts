import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  base64url,
  concat,
  fromBase64url,
  fromHex,
  hex,
  sameBytes,
  utf8,
  utf8Text,
} from '#sync/core/bytes.ts';

test('bytes survive hex and base64url, also as a view of a larger buffer', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(3), (bytes, offset) => {
      const larger = concat(new Uint8Array(offset), bytes, new Uint8Array(3));
      const view = larger.subarray(offset, offset + bytes.length);
      assert.deepEqual(fromHex(hex(view)), bytes);
      assert.deepEqual(fromBase64url(base64url(view)), bytes);
    }),
  );
});

test('only one spelling of bytes is taken', () => {
  for (const text of ['0', '0G', 'AB', ' 00', '00 ', '0x00']) {
    assert.equal(fromHex(text), undefined, text);
  }
  for (const text of ['A', 'AB', 'AAF', 'AAE=', 'AA+/', ' AAE', 'AAE\n', 'é']) {
    assert.equal(fromBase64url(text), undefined, text);
  }
  assert.deepEqual(fromHex(''), new Uint8Array(0));
  assert.deepEqual(fromBase64url(''), new Uint8Array(0));
});

test('text survives UTF-8, a byte-order mark stays, broken bytes are no text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.equal(utf8Text(utf8(text)), text);
    }),
  );
  assert.equal(utf8Text(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), '\ufeffa');
  for (const broken of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
    assert.equal(utf8Text(Uint8Array.from(broken)), undefined);
  }
});

test('joined bytes are new bytes', () => {
  const part = Uint8Array.of(1);
  const joined = concat(part, Uint8Array.of(), Uint8Array.of(2, 3));
  part[0] = 9;
  assert.deepEqual(joined, Uint8Array.of(1, 2, 3));
  assert.deepEqual(concat(), new Uint8Array(0));
});

test('same bytes are the same in length and content', () => {
  assert.ok(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)));
  assert.equal(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1)), false);
  assert.equal(sameBytes(Uint8Array.of(1), Uint8Array.of(1, 2)), false);
  assert.equal(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false);
});
