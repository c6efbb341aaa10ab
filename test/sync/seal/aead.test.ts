import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { concat, hex, utf8 } from '#sync/core/bytes.ts';
import { decrypt, encryptInto } from '#sync/seal/aead.ts';

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

const key = bytes('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f');
const nonce = bytes('070000004041424344454647');
const additional = bytes('50515253c0c1c2c3c4c5c6c7');
const plain = utf8(
  "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
);
const sealed = bytes(
  'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6' +
    '3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36' +
    '92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc' +
    '3ff4def08e4b7a9de576d26586cec64b6116' +
    '1ae10b594f09e26a7e902ecbd0600691',
);

test('RFC 8439, section 2.8.2, in one part and in many', () => {
  for (const cut of [0, 1, 63, 64, 65, plain.length]) {
    const out = new Uint8Array(sealed.length);
    encryptInto(out, key, nonce, additional, [plain.subarray(0, cut), plain.subarray(cut)]);
    assert.equal(hex(out), hex(sealed));
  }
  assert.deepEqual(decrypt(key, nonce, additional, sealed), plain);
});

test('nothing of an unverified plaintext comes out', () => {
  for (let at = 0; at < sealed.length; at++) {
    const changed = Uint8Array.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(decrypt(key, nonce, additional, changed), undefined);
  }
  assert.equal(decrypt(key, nonce, concat(additional, Uint8Array.of(0)), sealed), undefined);
  assert.equal(decrypt(key, nonce, additional, sealed.subarray(0, 15)), undefined);
  assert.equal(decrypt(key, nonce, additional, new Uint8Array(0)), undefined);
});

test('an output of another length is a bug', () => {
  for (const length of [plain.length + 15, plain.length + 17]) {
    assert.throws(
      () => encryptInto(new Uint8Array(length), key, nonce, additional, [plain]),
      RangeError,
    );
  }
});
