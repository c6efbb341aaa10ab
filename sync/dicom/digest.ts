import { createHash } from 'node:crypto';

/**
 * The instance digest, lower-case hex: SHA-256 of the dataset, that is of every byte behind group 0002 as encoded
 * in its transfer syntax, trailing padding included (ARCHITECTURE.md, digest). The parts are hashed in order.
 */
export function datasetSha256(...dataset: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of dataset) hash.update(part);
  return hash.digest('hex');
}
