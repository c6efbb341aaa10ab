/**
 * An adaptive probability in one integer: 22 bits of probability that the next bit is 1, 10 bits of how often it was
 * seen. It learns fast at first and slower the more it saw.
 */
export const unseen = (1 << 21) << 10;

/** `counter` after it saw `bit`; from `limit` sightings on its rate stays. */
export function updated(counter: number, bit: number, limit: number): number {
  const count = counter & 1023;
  const probability = counter >>> 10;
  const step = Math.imul(((bit << 22) - probability) >> 5, reciprocals[count] as number) >> 9;
  return ((probability + step) << 10) | (count < limit ? count + 1 : count);
}

const reciprocals = Int32Array.from({ length: 1024 }, (_, n) => Math.floor(16_384 / (n + 1.6)));
/** How much a counter is to be believed after so many sightings. */
export const trust = Float64Array.from({ length: 1024 }, (_, n) => (n + 0.3) / (n + 1.5));
