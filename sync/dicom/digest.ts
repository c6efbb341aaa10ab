import { createHash } from 'node:crypto';

/** Node hashes no more than 2 GiB at once; an object may have 4. */
const pieceBytes = 1024 ** 3;

/**
 * The instance digest, lower-case hex: SHA-256 of the dataset, that is of every byte behind group 0002 as encoded
 * in its transfer syntax, trailing padding included (ARCHITECTURE.md, digest). The parts are hashed in order.
 */
export function datasetSha256(...dataset: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const part of dataset) {
    for (let at = 0; at < part.length; at += pieceBytes) {
      hash.update(part.subarray(at, at + pieceBytes));
    }
  }
  return hash.digest('hex');
}

/** The same for a dataset that comes in pieces. `digest` is asked for once, after the last of them. */
export function createDatasetDigest(): {
  update(piece: Uint8Array): void;
  digest(): string;
} {
  const hash = createHash('sha256');
  return { update: (piece) => void hash.update(piece), digest: () => hash.digest('hex') };
}
