import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createPrivateKey, sign as signByPlatform } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import nacl from 'tweetnacl';
import { concat, hex, utf8 } from '#sync/core/bytes.ts';
import {
  isBelowOrder,
  isSoundPublicKey,
  sign,
  signingKeyOf,
  verify,
} from '#sync/seal/signature.ts';

const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const key = signingKeyOf(new Uint8Array(32).fill(7));
const prime = 2n ** 255n - 19n;
const order = 2n ** 252n + 27742317777372353535851937790883648493n;

test('RFC 8032, section 7.1, test 1: the public key of a seed', () => {
  const seed = bytes('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
  assert.equal(
    hex(signingKeyOf(seed).publicKey),
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  );
});

test('a signature is over label, zero byte and parts, and is what the platform makes', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (first, second) => {
      const signature = sign(key, 'a/label', first, second);
      const pkcs8 = concat(bytes('302e020100300506032b657004220420'), key.seed);
      const platform = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
      const message = concat(utf8('a/label'), Uint8Array.of(0), first, second);
      assert.equal(hex(signature), signByPlatform(null, message, platform).toString('hex'));
      assert.ok(verify(key.publicKey, signature, 'a/label', concat(first, second)));
    }),
    { numRuns: 25 },
  );
});

test('no changed bit of a signature, key, label or message verifies', () => {
  const message = utf8('message');
  const signature = sign(key, 'a/label', message);
  const flipped = (all: Uint8Array, bit: number) =>
    all.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
  for (let bit = 0; bit < 512; bit += 3) {
    assert.equal(verify(key.publicKey, flipped(signature, bit), 'a/label', message), false);
  }
  for (let bit = 0; bit < 256; bit += 5) {
    assert.equal(verify(flipped(key.publicKey, bit), signature, 'a/label', message), false);
  }
  assert.equal(verify(key.publicKey, signature, 'a/labem', message), false);
  assert.equal(verify(key.publicKey, signature, 'a/label', utf8('messagf')), false);
  assert.equal(verify(key.publicKey, signature, 'a/label\0m', utf8('essage')), false);
});

test('S + L is refused, though tweetnacl alone accepts it', () => {
  const message = utf8('message');
  const signature = sign(key, 'a', message);
  const scalar = littleEndian(signature.subarray(32)) + order;
  const malleated = concat(signature.subarray(0, 32), encode(scalar));
  const whole = concat(utf8('a'), Uint8Array.of(0), message);
  assert.ok(nacl.sign.detached.verify(whole, malleated, key.publicKey));
  assert.equal(verify(key.publicKey, malleated, 'a', message), false);
});

test('S is compared with the group order without help of the libraries', () => {
  for (const below of [0n, 1n, order - 1n]) assert.ok(isBelowOrder(encode(below)));
  for (const above of [order, order + 1n, 2n * order, 2n ** 256n - 1n]) {
    assert.equal(isBelowOrder(encode(above)), false);
  }
});

test('every encoding of a point of small order is refused, though tweetnacl accepts a signature of it', () => {
  const ys = [0n, 1n, prime - 1n, ...eighthOrderYs()];
  const encodings = ys
    .flatMap((y) => [y, y + prime])
    .filter((y) => y < 2n ** 255n)
    .flatMap((y) => [y, y + 2n ** 255n])
    .map(encode);
  assert.equal(encodings.length, 14);
  for (const encoding of encodings) assert.equal(isSoundPublicKey(encoding), false, hex(encoding));
  const identity = encode(1n);
  const forged = concat(identity, encode(0n));
  assert.ok(nacl.sign.detached.verify(utf8('a\0anything'), forged, identity));
  assert.equal(verify(identity, forged, 'a', utf8('anything')), false);
});

test('a y coordinate that is not reduced is refused', () => {
  for (let y = prime; y < 2n ** 255n; y++) assert.equal(isSoundPublicKey(encode(y)), false);
  assert.ok(isSoundPublicKey(key.publicKey));
});

test('keys and signatures of another length are refused', () => {
  const signature = sign(key, 'a');
  assert.ok(verify(key.publicKey, signature, 'a'));
  assert.equal(verify(key.publicKey, signature.subarray(0, 63), 'a'), false);
  assert.equal(verify(key.publicKey, concat(signature, Uint8Array.of(0)), 'a'), false);
  assert.equal(verify(key.publicKey.subarray(0, 31), signature, 'a'), false);
  assert.equal(verify(concat(key.publicKey, Uint8Array.of(0)), signature, 'a'), false);
});

test('random keys and signatures are refused without an exception', () => {
  const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(exactly(32), exactly(64), (publicKey, signature) => {
      assert.equal(verify(publicKey, signature, 'a', utf8('x')), false);
    }),
    { numRuns: 50 },
  );
});

/** y of the points of order 8, proved by doubling: x^2 = (y^2 - 1) / (d y^2 + 1), and the law of addition. */
function eighthOrderYs(): readonly bigint[] {
  const y = littleEndian(bytes('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'));
  const d = mod(-121665n * inverse(121666n));
  const square = mod(y * y);
  const xSquare = mod((square - 1n) * inverse(mod(d * square + 1n)));
  const doubledY = mod((square + xSquare) * inverse(mod(2n + xSquare - square)));
  assert.equal(doubledY, 0n, 'twice the point is one of order 4, whose y is 0');
  return [y, prime - y];
}

function inverse(value: bigint): bigint {
  let result = 1n;
  let base = mod(value);
  for (let rest = prime - 2n; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = mod(result * base);
    base = mod(base * base);
  }
  return result;
}

function mod(value: bigint): bigint {
  return ((value % prime) + prime) % prime;
}

function littleEndian(all: Uint8Array): bigint {
  return all.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function encode(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, at) => Number((value >> BigInt(8 * at)) & 0xffn));
}
