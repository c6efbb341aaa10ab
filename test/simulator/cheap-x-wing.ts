import { createHash } from 'node:crypto';
import { shake } from '../sync/seal/shake-random.ts';

/** The interface of `sync/seal/x-wing.ts` with the lengths of the format and no secrecy at all. */
export const xWing = {
  seed: 32,
  publicKey: 1184 + 32,
  encapsulation: 1088 + 32,
  encapsulationSeed: 64,
} as const;

export function xWingPublicKey(seed: Uint8Array): Uint8Array {
  return shake(`public ${digestOf(seed)}`, xWing.publicKey);
}

export function isXWingPublicKey(publicKey: Uint8Array): boolean {
  return publicKey.length === xWing.publicKey;
}

export function xWingEncapsulate(
  publicKey: Uint8Array,
  randomness: Uint8Array,
): { readonly sharedSecret: Uint8Array; readonly encapsulation: Uint8Array } {
  const encapsulation = shake(`encapsulation ${digestOf(randomness)}`, xWing.encapsulation);
  return { sharedSecret: secretOf(publicKey, encapsulation), encapsulation };
}

export function xWingDecapsulate(seed: Uint8Array, encapsulation: Uint8Array): Uint8Array {
  return secretOf(xWingPublicKey(seed), encapsulation);
}

function secretOf(publicKey: Uint8Array, encapsulation: Uint8Array): Uint8Array {
  return shake(`secret ${digestOf(publicKey)} ${digestOf(encapsulation)}`, 32);
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
