import { createCipheriv, createDecipheriv } from 'node:crypto';

/** What the tag of ChaCha20-Poly1305 (RFC 8439) adds to the plaintext, in bytes. */
export const tagLength = 16;

/**
 * ChaCha20-Poly1305 (RFC 8439) of `parts`, one after another: ciphertext, tag last, written into `out`, which is
 * exactly that long and must not overlap the parts. Key 32 bytes, nonce 12 bytes, never the same pair twice.
 */
export function encryptInto(
  out: Uint8Array,
  key: Uint8Array,
  nonce: Uint8Array,
  additional: Uint8Array,
  parts: readonly Uint8Array[],
): void {
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: tagLength });
  cipher.setAAD(additional, { plaintextLength: out.length - tagLength });
  let at = 0;
  for (const part of parts) {
    out.set(cipher.update(part), at);
    at += part.length;
  }
  cipher.final();
  if (at + tagLength !== out.length) throw new RangeError('Cannot encrypt into a wrong length');
  out.set(cipher.getAuthTag(), at);
}

/**
 * The plaintext of `sealed` (ciphertext, tag last), or undefined when the tag does not verify. Nothing of an
 * unverified plaintext leaves this function. The caller owns the buffer.
 */
export function decrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  additional: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const length = sealed.length - tagLength;
  if (length < 0) return undefined;
  const decipher = createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: tagLength });
  decipher.setAAD(additional, { plaintextLength: length });
  decipher.setAuthTag(sealed.subarray(length));
  const plain = decipher.update(sealed.subarray(0, length));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength);
}
