import { randomBytes } from 'node:crypto';
import type { Random } from '../core/random.ts';

/** The platform's cryptographic generator. */
export const systemRandom: Random = {
  bytes: (length) => Uint8Array.from(randomBytes(length)),
  fraction: () => Math.random(),
};
