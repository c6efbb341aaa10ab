import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { concat, hex } from '#sync/core/bytes.ts';
import { parseReceivingKey, receivingSecretOf } from '#sync/seal/receiving-key.ts';
import {
  isXWingPublicKey,
  xWing,
  xWingDecapsulate,
  xWingEncapsulate,
  xWingPublicKey,
} from '#sync/seal/x-wing.ts';
import { shake } from './shake-random.ts';

const seed = shake('x-wing seed', 32);
const publicKey = xWingPublicKey(seed);

/** The x coordinates of X25519 points of small order, with those that are not reduced. */
const lowOrder = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
].map((text) => Uint8Array.from(Buffer.from(text, 'hex')));

test('both sides come to the same secret', () => {
  for (let round = 0; round < 5; round++) {
    const { sharedSecret, encapsulation } = xWingEncapsulate(publicKey, shake(`e${round}`, 64));
    assert.equal(encapsulation.length, xWing.encapsulation);
    assert.equal(hex(xWingDecapsulate(seed, encapsulation) ?? new Uint8Array()), hex(sharedSecret));
  }
});

test('the first vector of the X-Wing draft holds', () => {
  const draftSeed = Uint8Array.from(
    Buffer.from('7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26', 'hex'),
  );
  const draftRandomness = Uint8Array.from(
    Buffer.from(
      '3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2' +
        '35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2',
      'hex',
    ),
  );
  const { sharedSecret } = xWingEncapsulate(xWingPublicKey(draftSeed), draftRandomness);
  assert.equal(
    hex(sharedSecret),
    'd2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384',
  );
});

test('a changed encapsulation gives another secret', () => {
  const { sharedSecret, encapsulation } = xWingEncapsulate(publicKey, shake('e', 64));
  for (const at of [0, 500, 1087, 1088, 1118]) {
    const changed = Uint8Array.from(encapsulation);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.notEqual(hex(xWingDecapsulate(seed, changed) ?? new Uint8Array()), hex(sharedSecret));
  }
});

test('an encapsulation with an X25519 point of low order gives no secret', () => {
  const { encapsulation } = xWingEncapsulate(publicKey, shake('e', 64));
  for (const point of lowOrder) {
    const changed = concat(encapsulation.subarray(0, 1088), point);
    assert.equal(xWingDecapsulate(seed, changed), undefined, hex(point));
  }
});

test('a public key that nothing can be sealed to is no receiving key', () => {
  assert.ok(isXWingPublicKey(publicKey));
  assert.deepEqual(parseReceivingKey(publicKey)?.kid, receivingSecretOf(seed).kid);
  for (const point of lowOrder) {
    assert.equal(parseReceivingKey(concat(publicKey.subarray(0, 1184), point)), undefined);
  }
  const unreduced = Uint8Array.from(publicKey);
  unreduced.fill(0xff, 0, 3);
  assert.equal(parseReceivingKey(unreduced), undefined);
  assert.equal(parseReceivingKey(publicKey.subarray(1)), undefined);
  assert.equal(parseReceivingKey(concat(publicKey, Uint8Array.of(0))), undefined);
  assert.throws(() => xWingPublicKey(new Uint8Array(31)), RangeError);
});
