import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/** The interface of `sync/seal/signature.ts`; anybody could forge, and nobody in the simulator does. */
export interface SigningKey {
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
}

export function signingKeyOf(seed: Uint8Array): SigningKey {
  const publicKey = createHash('sha256').update('public').update(seed).digest();
  return { seed: Uint8Array.from(seed), publicKey: Uint8Array.from(publicKey) };
}

/** 64 bytes that only the same key, label and parts give. */
export function sign(key: SigningKey, label: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return digestOf(key.publicKey, label, parts);
}

export function verify(
  publicKey: Uint8Array,
  signature: Uint8Array,
  label: string,
  ...parts: readonly Uint8Array[]
): boolean {
  return Buffer.compare(signature, digestOf(publicKey, label, parts)) === 0;
}

export function isSoundPublicKey(publicKey: Uint8Array): boolean {
  return publicKey.length === 32;
}

export function isBelowOrder(): boolean {
  return true;
}

function digestOf(publicKey: Uint8Array, label: string, parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha512').update(publicKey).update(label).update(Uint8Array.of(0));
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
}
