import { timingSafeEqual } from 'node:crypto';
import { concat } from '../core/bytes.ts';
import { hmacSha256 } from './hkdf.ts';
import { type SigningKey, sign, verify } from './signature.ts';

/** Bytes of a challenge: random 16, expiry 8 (ms since 1970, big-endian), HMAC 16. */
export const challengeSize = 40;

/**
 * A challenge that the relay needs not remember (pairing design, admission): it names the handle and its own end in
 * an HMAC under a secret that lives as long as the relay's process. `nonce` is 16 fresh random bytes.
 */
export function makeChallenge(
  relaySecret: Uint8Array,
  handle: Uint8Array,
  nonce: Uint8Array,
  expiresAtMs: number,
): Uint8Array {
  const expiry = new Uint8Array(8);
  new DataView(expiry.buffer).setBigUint64(0, BigInt(expiresAtMs));
  return concat(nonce, expiry, hmacSha256(relaySecret, handle, nonce, expiry).subarray(0, 16));
}

/** Whether this relay made `challenge` for `handle` and it has not expired by the relay's clock. */
export function checkChallenge(
  relaySecret: Uint8Array,
  handle: Uint8Array,
  challenge: Uint8Array,
  nowMs: number,
): boolean {
  if (challenge.length !== challengeSize) return false;
  const mac = hmacSha256(relaySecret, handle, challenge.subarray(0, 24)).subarray(0, 16);
  if (!timingSafeEqual(mac, challenge.subarray(24))) return false;
  const view = new DataView(challenge.buffer, challenge.byteOffset, challengeSize);
  return view.getBigUint64(16) > BigInt(nowMs);
}

/**
 * The answer to a challenge, by the transport key. `spkiSha256` is the hash of the TLS key of the relay that the
 * agent is talking to (its pin), so that an answer is no use at another relay.
 */
export function sessionSignature(
  transport: SigningKey,
  spkiSha256: Uint8Array,
  handle: Uint8Array,
  challenge: Uint8Array,
): Uint8Array {
  return sign(transport, label, spkiSha256, handle, challenge);
}

/** Whether `signature` is the answer of the handle's transport key; the challenge is checked apart. */
export function verifySession(
  transportPublicKey: Uint8Array,
  spkiSha256: Uint8Array,
  handle: Uint8Array,
  challenge: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verify(transportPublicKey, signature, label, spkiSha256, handle, challenge);
}

const label = 'outpost/v1/session';
