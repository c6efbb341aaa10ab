import { createHmac } from 'node:crypto';
import { concat } from '../core/bytes.ts';

/** HMAC-SHA256 (RFC 2104) of `parts`, one after another; 32 bytes. */
export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return Uint8Array.from(mac.digest());
}

/** HKDF-Extract with SHA-256 (RFC 5869, section 2.2); an empty `salt` means 32 zero bytes. */
export function hkdfExtract(salt: Uint8Array, inputKey: Uint8Array): Uint8Array {
  return hmacSha256(salt, inputKey);
}

/** HKDF-Expand with SHA-256 (RFC 5869, section 2.3); `length` is at most 255 times 32 bytes. */
export function hkdfExpand(key: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  if (length > 255 * 32) throw new RangeError(`Cannot expand a key to ${length} bytes`);
  const out = new Uint8Array(Math.ceil(length / 32) * 32);
  let block = new Uint8Array(0);
  for (let count = 1; (count - 1) * 32 < length; count++) {
    block = Uint8Array.from(hmacSha256(key, concat(block, info, Uint8Array.of(count))));
    out.set(block, (count - 1) * 32);
  }
  return out.slice(0, length);
}
