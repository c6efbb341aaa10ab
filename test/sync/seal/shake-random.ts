import { createHash } from 'node:crypto';
import type { Random } from '#sync/core/random.ts';

/** `length` bytes of SHAKE256 of `text`, the source of all values in the vectors. */
export function shake(text: string, length: number): Uint8Array {
  return Uint8Array.from(createHash('shake256', { outputLength: length }).update(text).digest());
}

/** A random port that plays `values` in order and fails when a caller asks for another length or for more. */
export function scripted(...values: readonly Uint8Array[]): Random {
  const rest = [...values];
  return {
    bytes(length) {
      const next = rest.shift();
      if (next?.length !== length) throw new RangeError(`No ${length} bytes are next`);
      return next;
    },
    fraction: () => 0.5,
  };
}

/** A deterministic random port for tests: SHAKE256 of a counter. */
export function seeded(seed: string): Random {
  let count = 0;
  return { bytes: (length) => shake(`${seed}/${count++}`, length), fraction: () => 0.5 };
}
