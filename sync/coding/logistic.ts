/**
 * The logistic curve as tables that come out the same on every machine: only additions, multiplications and divisions
 * of IEEE 754 doubles, in this order.
 */

/** Places of the curve per unit; a stretched probability lies between -12 and 12. */
const places = 256;
const reach = 12 * places;

/** Probability of 1 (of 65,536) at each place of the curve, from -12 up. */
export const squashed: Uint16Array = squashTable();

/** The place (as a number between -12 and 12) of each probability, of 4,096. */
export const stretched: Float64Array = stretchTable();

/** The probability of 1, of 65,536 and from 1 to 65,535, for a sum of stretched ones. */
export function squash(sum: number): number {
  const place = sum * places + reach;
  if (!(place > 0)) return squashed[0] as number;
  return squashed[place < 2 * reach ? place | 0 : 2 * reach] as number;
}

function squashTable(): Uint16Array {
  const table = new Uint16Array(2 * reach + 1);
  // e^(1/256), then its powers.
  const base = 1.0039138893383475;
  let power = 1;
  for (let place = 0; place <= reach; place++) {
    const probability = Math.floor(65_536 / (1 + 1 / power));
    table[reach + place] = Math.min(65_535, probability);
    table[reach - place] = Math.max(1, 65_536 - probability);
    power *= base;
  }
  return table;
}

function stretchTable(): Float64Array {
  const table = new Float64Array(4_096);
  let place = 0;
  for (let index = 0; index < 4_096; index++) {
    const probability = index * 16 + 8;
    while (place < 2 * reach && (squashed[place] as number) < probability) place++;
    table[index] = (place - reach) / places;
  }
  return table;
}
