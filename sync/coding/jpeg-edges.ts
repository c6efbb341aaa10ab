/**
 * What the borders of blocks say (integers of 13 bits for cosines, so that every machine has the same). Pixels go on
 * over the border between two blocks; for one horizontal frequency the column of vertical ones adds up to the same on
 * both sides of it.
 */

/** cos(n pi / 16) * 8,192, the first over the square root of two: how much a frequency adds at the border. */
const atBorder = Float64Array.of(5_793, 8_035, 7_568, 6_811, 5_793, 4_551, 3_135, 1_598);
/** The same one pixel further in: cos(3 n pi / 16). */
const within = Float64Array.of(5_793, 6_811, 3_135, -1_598, -5_793, -8_035, -7_568, -4_551);

/**
 * The coefficient without a frequency of its own along a line of eight (places `line`, `line + stride`, ...) that lets the
 * line go on from the one of the block before it. `known` holds what is known of the line, its first place not.
 */
export function predictedOnEdge(
  before: Int16Array,
  beforeAt: number,
  known: Int16Array,
  steps: Uint16Array,
  line: number,
  stride: number,
): number {
  let sum = atBorder[0] as number;
  sum *= (before[beforeAt + line] as number) * (steps[line] as number);
  for (let i = 1, place = line + stride; i < 8; i++, place += stride) {
    const other = before[beforeAt + place] as number;
    const mine = known[place] as number;
    if (other === 0 && mine === 0) continue;
    const side = (i & 1) === 0 ? other - mine : -other - mine;
    sum += (atBorder[i] as number) * side * (steps[place] as number);
  }
  return sum / ((atBorder[0] as number) * (steps[line] as number));
}

/** The same for the mean of a block, where pixels slope over the border as they do on both sides of it. */
export function predictedMean(
  before: Int16Array,
  beforeAt: number,
  known: Int16Array,
  steps: Uint16Array,
  stride: number,
): number {
  let sum = (atBorder[0] as number) * (before[beforeAt] as number) * (steps[0] as number);
  for (let i = 1, place = stride; i < 8; i++, place += stride) {
    const other = before[beforeAt + place] as number;
    const mine = known[place] as number;
    if (other === 0 && mine === 0) continue;
    const side = (i & 1) === 0 ? other - mine : -other - mine;
    const weight = 1.5 * (atBorder[i] as number) - 0.5 * (within[i] as number);
    sum += weight * side * (steps[place] as number);
  }
  return sum / ((atBorder[0] as number) * (steps[0] as number));
}
