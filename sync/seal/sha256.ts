import { createHash } from 'node:crypto';

/** SHA-256 (FIPS 180-4) of `parts`, one after another; 32 bytes that the caller owns. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
}
