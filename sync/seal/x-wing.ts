import { createHash } from 'node:crypto';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import nacl from 'tweetnacl';
import { concat, fromHex } from '../core/bytes.ts';

/** Lengths of X-Wing, in bytes: ML-KEM-768 first, X25519 last, in keys and encapsulations alike. */
export const xWing = {
  seed: 32,
  publicKey: 1184 + 32,
  encapsulation: 1088 + 32,
  encapsulationSeed: 64,
} as const;

/** The 1216-byte public key of a 32-byte `seed`, which SHAKE256 expands to the 64 + 32 bytes of both parts. */
export function xWingPublicKey(seed: Uint8Array): Uint8Array {
  const { lattice, curveSecret } = expand(seed);
  return concat(lattice.publicKey, nacl.scalarMult.base(curveSecret));
}

/**
 * Whether `publicKey` can be encapsulated to: its length, the modulus check of FIPS 203, section 7.2, and an
 * X25519 part that gives no all-zero share.
 */
export function isXWingPublicKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== xWing.publicKey) return false;
  try {
    xWingEncapsulate(publicKey, new Uint8Array(xWing.encapsulationSeed).fill(1));
    return true;
  } catch {
    return false;
  }
}

/**
 * Encapsulates to `publicKey` from 64 fresh random bytes (32 for ML-KEM, 32 for X25519). Throws on a public key
 * that `isXWingPublicKey` refuses; keys are checked where they enter.
 */
export function xWingEncapsulate(
  publicKey: Uint8Array,
  randomness: Uint8Array,
): { readonly sharedSecret: Uint8Array; readonly encapsulation: Uint8Array } {
  const curvePublic = publicKey.slice(1184);
  const lattice = ml_kem768.encapsulate(publicKey.slice(0, 1184), randomness.slice(0, 32));
  const ephemeral = randomness.slice(32, 64);
  const curveCipher = nacl.scalarMult.base(ephemeral);
  const curveShare = nacl.scalarMult(ephemeral, curvePublic);
  if (isZero(curveShare)) throw new RangeError('Cannot encapsulate to a low-order X25519 key');
  return {
    sharedSecret: combine(lattice.sharedSecret, curveShare, curveCipher, curvePublic),
    encapsulation: concat(lattice.cipherText, curveCipher),
  };
}

/**
 * The 32-byte shared secret of a 1120-byte `encapsulation`, or undefined when its X25519 part gives an all-zero
 * share (a low-order point). A wrong encapsulation gives another secret, not a failure (FIPS 203, section 6.3).
 */
export function xWingDecapsulate(
  seed: Uint8Array,
  encapsulation: Uint8Array,
): Uint8Array | undefined {
  const { lattice, curveSecret } = expand(seed);
  const curveCipher = encapsulation.slice(1088);
  const curveShare = nacl.scalarMult(curveSecret, curveCipher);
  if (isZero(curveShare)) return undefined;
  const latticeShare = ml_kem768.decapsulate(encapsulation.slice(0, 1088), lattice.secretKey);
  return combine(latticeShare, curveShare, curveCipher, nacl.scalarMult.base(curveSecret));
}

function expand(seed: Uint8Array): {
  readonly lattice: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  readonly curveSecret: Uint8Array;
} {
  if (seed.length !== xWing.seed) throw new RangeError('Cannot use a seed that is not 32 bytes');
  const bytes = createHash('shake256', { outputLength: 96 }).update(seed).digest();
  return {
    lattice: ml_kem768.keygen(Uint8Array.from(bytes.subarray(0, 64))),
    curveSecret: Uint8Array.from(bytes.subarray(64)),
  };
}

function combine(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha3-256');
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.update(label).digest());
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.reduce((all, byte) => all | byte, 0) === 0;
}

/** The six bytes `\.//^\` that end the input of the combiner. */
const label = fromHex('5c2e2f2f5e5c') ?? new Uint8Array();
