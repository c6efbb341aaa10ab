import { concat, utf8 } from '../core/bytes.ts';
import { sha256 } from './sha256.ts';
import { isXWingPublicKey, xWingPublicKey } from './x-wing.ts';

/** KEM id of X-Wing in HPKE, as the two bytes of the format. */
export const kemId = Uint8Array.of(0x64, 0x7a);

/** A public X-Wing key that packs are sealed to: 1216 bytes, and its 8-byte key id. */
export interface ReceivingKey {
  readonly kid: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** A receiving key with the 32-byte seed that opens what is sealed to it. */
export interface ReceivingSecret extends ReceivingKey {
  readonly seed: Uint8Array;
}

/** The receiving secret of a 32-byte `seed`. */
export function receivingSecretOf(seed: Uint8Array): ReceivingSecret {
  return { ...receivingKeyOf(xWingPublicKey(seed)), seed: Uint8Array.from(seed) };
}

/** The key id and key of a `publicKey` that is known to be good; one from outside goes through `parseReceivingKey`. */
export function receivingKeyOf(publicKey: Uint8Array): ReceivingKey {
  return { kid: kidOf(publicKey), publicKey: Uint8Array.from(publicKey) };
}

/** The receiving key that `publicKey` from outside is, or undefined when nothing can be sealed to it. */
export function parseReceivingKey(publicKey: Uint8Array): ReceivingKey | undefined {
  return isXWingPublicKey(publicKey) ? receivingKeyOf(publicKey) : undefined;
}

function kidOf(publicKey: Uint8Array): Uint8Array {
  return sha256(concat(utf8('spk/v1/kid'), kemId, publicKey)).slice(0, 8);
}
