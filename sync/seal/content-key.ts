import { concat, utf8 } from '../core/bytes.ts';
import { suite } from './header.ts';
import { hkdfExpand } from './hkdf.ts';
import { hpkeOpen, hpkeSeal } from './hpke.ts';
import { kemId, type ReceivingKey, type ReceivingSecret } from './receiving-key.ts';
import { xWingDecapsulate, xWingEncapsulate } from './x-wing.ts';

/** The body key and the 32 bytes that commit to the content key, both from the content key and the pack's uid. */
export function deriveBodyKey(
  contentKey: Uint8Array,
  uid: Uint8Array,
): { readonly bodyKey: Uint8Array; readonly commitment: Uint8Array } {
  const info = concat(utf8('spk/v1/body'), Uint8Array.of(0, suite), uid);
  const okm = hkdfExpand(contentKey, info, 64);
  return { bodyKey: okm.slice(0, 32), commitment: okm.slice(32) };
}

/** Wraps the content key for one recipient, bound to the fixed header; `randomness` is 64 fresh bytes. */
export function wrapContentKey(
  recipient: ReceivingKey,
  fixedHeader: Uint8Array,
  contentKey: Uint8Array,
  randomness: Uint8Array,
): { readonly encapsulation: Uint8Array; readonly wrapped: Uint8Array } {
  const { sharedSecret, encapsulation } = xWingEncapsulate(recipient.publicKey, randomness);
  const bound = additionalOf(fixedHeader, recipient.kid);
  return { encapsulation, wrapped: hpkeSeal(sharedSecret, wrapInfo, bound, contentKey) };
}

/** The content key of a stanza, or the reason why there is none. */
export function unwrapContentKey(
  secret: ReceivingSecret,
  fixedHeader: Uint8Array,
  stanza: { readonly encapsulation: Uint8Array; readonly wrapped: Uint8Array },
): Uint8Array | 'low-order' | 'not-unwrapped' {
  const sharedSecret = xWingDecapsulate(secret.seed, stanza.encapsulation);
  if (sharedSecret === undefined) return 'low-order';
  const bound = additionalOf(fixedHeader, secret.kid);
  return hpkeOpen(sharedSecret, wrapInfo, bound, stanza.wrapped) ?? 'not-unwrapped';
}

function additionalOf(fixedHeader: Uint8Array, kid: Uint8Array): Uint8Array {
  return concat(fixedHeader, kemId, kid);
}

const wrapInfo = utf8('spk/v1/wrap');
