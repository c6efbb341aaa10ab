import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createPublicKey, sign as signByPlatform } from 'node:crypto';
import { test } from 'node:test';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import fc from 'fast-check';
import nacl from 'tweetnacl';
import { concat, hex, utf8 } from '#sync/core/bytes.ts';
import { isSoundPublicKey, sign, signingKeyOf, verify } from '#sync/seal/signature.ts';
import {
  platformMlKem768,
  platformPrivate,
  platformVerifies,
  platformX25519,
} from './platform-keys.ts';
import { malleated, smallOrderPoints } from './refusals/signatures.ts';
import { lowOrderShares } from './refusals/stanza.ts';

const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const isDeno = 'Deno' in globalThis;

test('X25519: tweetnacl and the platform come to the same public key and share', () => {
  fc.assert(
    fc.property(exactly(32), exactly(32), (mine, theirs) => {
      const exported = createPublicKey(platformPrivate('x25519Private', mine));
      const publicKey = exported.export({ format: 'der', type: 'spki' }).subarray(-32);
      assert.equal(hex(nacl.scalarMult.base(mine)), hex(publicKey));
      const point = nacl.scalarMult.base(theirs);
      const share = platformX25519(mine, point);
      assert.ok(share);
      assert.equal(hex(nacl.scalarMult(mine, point)), hex(share));
    }),
    { numRuns: 40 },
  );
});

test('X25519: any 32 bytes are the same point to both, on the curve or its twist, reduced or not', () => {
  const unreduced = fc
    .integer({ min: 2, max: 18 })
    .map((above) => bytes(`${(0xed + above).toString(16).padStart(2, '0')}${'ff'.repeat(30)}7f`));
  fc.assert(
    fc.property(exactly(32), fc.oneof(exactly(32), unreduced), (secret, point) => {
      const share = platformX25519(secret, point);
      assert.equal(hex(nacl.scalarMult(secret, point)), hex(share ?? new Uint8Array(32)));
    }),
    { numRuns: 40 },
  );
});

test('X25519: where the platform refuses a point of low order, tweetnacl gives an all-zero share', () => {
  for (const [name, point] of Object.entries(lowOrderShares)) {
    const secret = new Uint8Array(32).fill(7);
    assert.equal(platformX25519(secret, bytes(point)), undefined, name);
    assert.equal(hex(nacl.scalarMult(secret, bytes(point))), '00'.repeat(32), name);
  }
});

test('Ed25519: tweetnacl and the platform make the same key and signature', () => {
  fc.assert(
    fc.property(exactly(32), fc.uint8Array({ maxLength: 300 }), (seed, message) => {
      const key = signingKeyOf(seed);
      const platform = platformPrivate('ed25519Private', seed);
      const exported = createPublicKey(platform).export({ format: 'der', type: 'spki' });
      assert.equal(hex(key.publicKey), hex(exported.subarray(-32)));
      const whole = concat(utf8('a'), Uint8Array.of(0), message);
      assert.equal(hex(sign(key, 'a', message)), hex(signByPlatform(null, whole, platform)));
    }),
    { numRuns: 40 },
  );
});

test('Ed25519: both give the same verdict on good, damaged and random signatures', () => {
  const message = utf8('message');
  const damage = fc.record({
    part: fc.constantFrom('none', 'R', 'S', 'key', 'message', 'all' as const),
    bit: fc.integer({ min: 0, max: 251 }),
    random: exactly(64),
  });
  fc.assert(
    fc.property(exactly(32), damage, (seed, { part, bit, random }) => {
      const key = signingKeyOf(seed);
      const good = sign(key, 'a', message);
      const signature =
        part === 'all'
          ? random
          : concat(
              flipped(good.subarray(0, 32), part === 'R', bit),
              flipped(good.subarray(32), part === 'S', bit),
            );
      const publicKey = flipped(key.publicKey, part === 'key', bit);
      const signed = part === 'message' ? utf8('messagf') : message;
      const whole = concat(utf8('a'), Uint8Array.of(0), signed);
      const byNacl = nacl.sign.detached.verify(whole, signature, publicKey);
      assert.equal(byNacl, platformVerifies(publicKey, signature, whole));
      assert.equal(byNacl, part === 'none');
      assert.equal(verify(publicKey, signature, 'a', signed), part === 'none');
    }),
    { numRuns: 30 },
  );
});

test('Ed25519: they differ on S + L, which tweetnacl takes; the strict rule does not', () => {
  fc.assert(
    fc.property(exactly(32), (seed) => {
      const key = signingKeyOf(seed);
      const signature = bytes(malleated(hex(sign(key, 'a'))));
      const whole = utf8('a\0');
      assert.ok(nacl.sign.detached.verify(whole, signature, key.publicKey));
      assert.equal(platformVerifies(key.publicKey, signature, whole), false);
      assert.equal(verify(key.publicKey, signature, 'a'), false);
    }),
    { numRuns: 10 },
  );
});

test('Ed25519: they differ on keys of small order, Deno even from Node; the strict rule takes none', () => {
  const differences: string[] = [];
  for (const [name, point] of Object.entries(smallOrderPoints)) {
    // With the neutral point as R and S = 0 a signature verifies whenever the key vanishes: a few messages are tried.
    const signature = bytes(`01${'00'.repeat(63)}`);
    for (let n = 0; n < 6; n++) {
      const message = utf8(`a\0${n}`);
      const byNacl = nacl.sign.detached.verify(message, signature, bytes(point));
      const byPlatform = platformVerifies(bytes(point), signature, message);
      if (byNacl !== byPlatform) differences.push(name);
      if (!isDeno) assert.equal(byPlatform, false, name);
      assert.equal(verify(bytes(point), signature, 'a', utf8(`${n}`)), false, name);
    }
    assert.equal(isSoundPublicKey(bytes(point)), false, name);
  }
  assert.ok(differences.length > 0, 'no second opinion alone would do');
});

test('ML-KEM-768: noble and the platform make the same keys and open each other', (t) => {
  const platform = platformMlKem768();
  if (!platform) return t.skip('this runtime has no ML-KEM of its own');
  fc.assert(
    fc.property(exactly(64), exactly(32), (seed, randomness) => {
      const keys = ml_kem768.keygen(seed);
      assert.equal(hex(keys.publicKey), hex(platform.publicKey(seed)));
      const theirs = platform.encapsulate(keys.publicKey);
      const opened = ml_kem768.decapsulate(theirs.cipherText, keys.secretKey);
      assert.equal(hex(opened), hex(theirs.sharedSecret));
      const ours = ml_kem768.encapsulate(keys.publicKey, randomness);
      assert.equal(hex(platform.decapsulate(seed, ours.cipherText)), hex(ours.sharedSecret));
    }),
    { numRuns: 20 },
  );
});

test('ML-KEM-768: both reject a wrong ciphertext with the same secret', (t) => {
  const platform = platformMlKem768();
  if (!platform) return t.skip('this runtime has no ML-KEM of its own');
  fc.assert(
    fc.property(exactly(64), exactly(1088), fc.nat(1087), (seed, random, at) => {
      const keys = ml_kem768.keygen(seed);
      const changed = ml_kem768.encapsulate(keys.publicKey, seed.subarray(0, 32)).cipherText;
      changed[at] = (changed[at] ?? 0) ^ 1;
      for (const cipherText of [random, changed]) {
        const secret = ml_kem768.decapsulate(cipherText, keys.secretKey);
        assert.equal(hex(secret), hex(platform.decapsulate(seed, cipherText)));
      }
    }),
    { numRuns: 10 },
  );
});

function flipped(all: Uint8Array, isDamaged: boolean, bit: number): Uint8Array {
  if (!isDamaged) return all;
  return all.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
}
