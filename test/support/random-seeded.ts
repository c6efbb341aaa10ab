import { createHash } from 'node:crypto';
import type { Random } from '#sync/core/random.ts';

/** Randomness that is the same for the same `seed`. */
export function createSeededRandom(seed: string): Random {
  let counter = 0;
  const next = (length: number): Uint8Array =>
    Uint8Array.from(
      createHash('shake256', { outputLength: length }).update(`${seed} ${++counter}`).digest(),
    );
  return {
    bytes: next,
    fraction: () => new DataView(next(4).buffer).getUint32(0) / 2 ** 32,
  };
}
