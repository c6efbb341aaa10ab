/** A logarithmic scale of whole numbers: 0, 1, 2, 3, then two steps for each doubling, up to 39. */
export function level(value: number): number {
  if (value < 4) return value;
  const bits = 31 - Math.clz32(value);
  return Math.min(39, (bits - 1) * 2 + ((value >> (bits - 1)) & 1));
}

/** -4 to 4, by size against 1, as 0 to 8. */
export function signed(value: number): number {
  const size = value < 0 ? -value : value;
  const steps = size < 0.25 ? 0 : size < 0.75 ? 1 : size < 1.5 ? 2 : size < 3 ? 3 : 4;
  return value < 0 ? 4 - steps : 4 + steps;
}

/** Which quarter of -0.5 to 0.5. */
export function quarter(rest: number): number {
  return rest < -0.25 ? 0 : rest < 0 ? 1 : rest < 0.25 ? 2 : 3;
}

/** Low bits that are not worth a mixture, when the weighted sum of 18 misses nearby is `spread`. */
export function shiftOf(spread: number): number {
  const expected = spread / 18;
  let shift = 0;
  while (shift < 13 && 2 << shift < expected) shift++;
  return shift;
}
