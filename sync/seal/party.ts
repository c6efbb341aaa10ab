import { fromHex, hex, utf8 } from '../core/bytes.ts';
import { sha256 } from './sha256.ts';

/** The 32-byte party id of the center whose root public key this is; it outlives every other key of the center. */
export function partyIdOfCenter(rootPublicKey: Uint8Array): Uint8Array {
  return sha256(label, rootPublicKey);
}

/** The 32-byte party id of the box whose identity public key this is. */
export function partyIdOfBox(identityPublicKey: Uint8Array): Uint8Array {
  return sha256(label, identityPublicKey);
}

/**
 * The short name of a center in files, configs and commands: 16 hex digits of the hash of its first root, which is given
 * in hex.
 */
export function codeOfRoot(root: string): string {
  return hex(sha256(fromHex(root) ?? new Uint8Array())).slice(0, 16);
}

/** No zero byte follows: the rest is always 32 bytes. */
const label = utf8('spk/v1/party');
