import { concat, utf8 } from '../core/bytes.ts';
import { decrypt, encryptInto, tagLength } from './aead.ts';
import { hkdfExpand, hkdfExtract } from './hkdf.ts';

/** `"HPKE" 647a 0001 0003`: X-Wing, HKDF-SHA256, ChaCha20-Poly1305 (RFC 9180, section 5.1). */
export const hpkeSuite = concat(utf8('HPKE'), Uint8Array.of(0x64, 0x7a, 0, 1, 0, 3));

/**
 * The key schedule of mode_base (RFC 9180, section 5.1: mode 00, psk and psk_id empty): the AEAD key and the nonce
 * of the one message with sequence number 0.
 */
export function hpkeKeySchedule(
  suite: Uint8Array,
  sharedSecret: Uint8Array,
  info: Uint8Array,
): { readonly key: Uint8Array; readonly nonce: Uint8Array } {
  const context = concat(
    Uint8Array.of(0),
    labeledExtract(suite, empty, 'psk_id_hash', empty),
    labeledExtract(suite, empty, 'info_hash', info),
  );
  const secret = labeledExtract(suite, sharedSecret, 'secret', empty);
  return {
    key: labeledExpand(suite, secret, 'key', context, 32),
    nonce: labeledExpand(suite, secret, 'base_nonce', context, 12),
  };
}

/** Single-shot seal under the shared secret of one encapsulation; ciphertext, tag last. */
export function hpkeSeal(
  sharedSecret: Uint8Array,
  info: Uint8Array,
  additional: Uint8Array,
  plain: Uint8Array,
): Uint8Array {
  const { key, nonce } = hpkeKeySchedule(hpkeSuite, sharedSecret, info);
  const out = new Uint8Array(plain.length + tagLength);
  encryptInto(out, key, nonce, additional, [plain]);
  return out;
}

/** Single-shot open; undefined when the tag does not verify. */
export function hpkeOpen(
  sharedSecret: Uint8Array,
  info: Uint8Array,
  additional: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const { key, nonce } = hpkeKeySchedule(hpkeSuite, sharedSecret, info);
  return decrypt(key, nonce, additional, sealed);
}

function labeledExtract(
  suite: Uint8Array,
  salt: Uint8Array,
  label: string,
  inputKey: Uint8Array,
): Uint8Array {
  return hkdfExtract(salt, concat(version, suite, utf8(label), inputKey));
}

function labeledExpand(
  suite: Uint8Array,
  key: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const lengthBytes = Uint8Array.of(length >> 8, length & 0xff);
  return hkdfExpand(key, concat(lengthBytes, version, suite, utf8(label), info), length);
}

const empty = new Uint8Array(0);
const version = utf8('HPKE-v1');
