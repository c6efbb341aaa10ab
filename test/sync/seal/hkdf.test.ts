import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { hkdfSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { hex } from '#sync/core/bytes.ts';
import { hkdfExpand, hkdfExtract, hmacSha256 } from '#sync/seal/hkdf.ts';

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

test('RFC 5869, test case 1', () => {
  const key = hkdfExtract(bytes('000102030405060708090a0b0c'), bytes('0b'.repeat(22)));
  assert.equal(hex(key), '077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5');
  assert.equal(
    hex(hkdfExpand(key, bytes('f0f1f2f3f4f5f6f7f8f9'), 42)),
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  );
});

test('RFC 5869, test case 3: no salt, no info', () => {
  const key = hkdfExtract(new Uint8Array(0), bytes('0b'.repeat(22)));
  assert.equal(hex(key), '19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04');
  assert.equal(
    hex(hkdfExpand(key, new Uint8Array(0), 42)),
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  );
});

test('RFC 4231, test case 2 of HMAC-SHA256', () => {
  const mac = hmacSha256(
    bytes('4a656665'),
    bytes('7768617420646f2079612077616e7420'),
    bytes('666f72206e6f7468696e673f'),
  );
  assert.equal(hex(mac), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
});

test('extract and expand together are what the platform computes', () => {
  const part = fc.uint8Array({ maxLength: 80 });
  fc.assert(
    fc.property(part, part, part, fc.integer({ min: 1, max: 200 }), (key, salt, info, length) => {
      const own = hkdfExpand(hkdfExtract(salt, key), info, length);
      assert.deepEqual(own, new Uint8Array(hkdfSync('sha256', key, salt, info, length)));
    }),
  );
});

test('more than 255 blocks cannot be expanded', () => {
  assert.equal(hkdfExpand(new Uint8Array(32), new Uint8Array(0), 8160).length, 8160);
  assert.throws(() => hkdfExpand(new Uint8Array(32), new Uint8Array(0), 8161), RangeError);
});
