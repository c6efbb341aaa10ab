import { Buffer } from 'node:buffer';
import { createPublicKey, verify as verifyByPlatform } from 'node:crypto';
import nacl from 'tweetnacl';
import { concat, hex, utf8 } from '../core/bytes.ts';

/** An Ed25519 key pair (RFC 8032): the 32-byte secret seed and the 32-byte public key. */
export interface SigningKey {
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** The key pair of a 32-byte `seed`; one seed serves one purpose only (identity, transport, root, receipts). */
export function signingKeyOf(seed: Uint8Array): SigningKey {
  return {
    seed: Uint8Array.from(seed),
    publicKey: nacl.sign.keyPair.fromSeed(Uint8Array.from(seed)).publicKey,
  };
}

/** Signs `label | 00 | parts`; 64 bytes. The ASCII label is the context: no two meanings share one. */
export function sign(key: SigningKey, label: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return nacl.sign.detached(messageOf(label, parts), concat(key.seed, key.publicKey));
}

/**
 * Whether `signature` is one of `publicKey` over `label | 00 | parts`, by the strict rule: S is below the group
 * order, the key is canonical and not of small order, and node:crypto and tweetnacl both accept. tweetnacl alone
 * takes S + L and small-order keys. A signature is never an id: a signer can make many of one message.
 */
export function verify(
  publicKey: Uint8Array,
  signature: Uint8Array,
  label: string,
  ...parts: readonly Uint8Array[]
): boolean {
  if (signature.length !== 64 || !isBelowOrder(signature.subarray(32))) return false;
  if (!isSoundPublicKey(publicKey)) return false;
  const message = messageOf(label, parts);
  return (
    nacl.sign.detached.verify(message, signature, publicKey) &&
    verifyByPlatform(null, message, platformKey(publicKey), signature)
  );
}

/**
 * Whether `publicKey` is 32 bytes that encode y canonically and no point of small order. The eight points of the
 * torsion group have five y coordinates; the sign bit is ignored, so each of their encodings is caught.
 */
export function isSoundPublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32) return false;
  const y = Uint8Array.from(publicKey);
  y[31] = (y[31] ?? 0) & 0x7f;
  return isBelow(y, fieldPrime) && !smallOrderYs.has(hex(y));
}

/** Whether a signature's S (32 bytes, little-endian) is below the group order, as RFC 8032, section 5.1.7 demands. */
export function isBelowOrder(scalar: Uint8Array): boolean {
  return isBelow(scalar, groupOrder);
}

/** Compares little-endian numbers of equal length; public values only. */
function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  for (let at = b.length - 1; at >= 0; at--) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function messageOf(label: string, parts: readonly Uint8Array[]): Uint8Array {
  return concat(utf8(label), Uint8Array.of(0), ...parts);
}

/**
 * The SubjectPublicKeyInfo of RFC 8410, section 4: a fixed prefix and the 32 bytes. Deno throws here for bytes that
 * are no point of the curve; tweetnacl has refused those before.
 */
function platformKey(publicKey: Uint8Array): ReturnType<typeof createPublicKey> {
  const der = concat(spkiPrefix, publicKey);
  return createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
}

const spkiPrefix = Uint8Array.from(Buffer.from('302a300506032b6570032100', 'hex'));

/** L = 2^252 + 27742317777372353535851937790883648493 (RFC 8032, section 5.1), little-endian. */
const groupOrder = Uint8Array.from(
  Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex'),
);

/** p = 2^255 - 19, little-endian. */
const fieldPrime = Uint8Array.from(Buffer.from(`ed${'ff'.repeat(30)}7f`, 'hex'));

/** y of the points of order 4, 1, 2 and 8, little-endian hex. */
const smallOrderYs: ReadonlySet<string> = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);
