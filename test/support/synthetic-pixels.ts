/** A stream of 32-bit numbers that a seed decides: xorshift, the same on every machine. */
function numbers(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

/** An ellipse of one tissue; position and radii in parts of half the width, value in Hounsfield units. */
interface Ellipse {
  readonly x: number;
  readonly y: number;
  readonly rx: number;
  readonly ry: number;
  readonly value: number;
}

/**
 * One slice of a head phantom as 16-bit little-endian pixels, 12 bits used, Hounsfield units plus 1,024: skull, brain,
 * ventricles and a few small lesions, with noise; 0 outside the circle of reconstruction. About as compressible as a
 * real CT. `at` is the position in the study, 0 to 1.
 */
export function phantomSlice(rows: number, at: number, seed: number): Uint8Array {
  const pixels = new Uint16Array(rows * rows);
  const next = numbers(seed);
  const tissues = headAt(at, next);
  const half = rows / 2;
  for (let row = 0; row < rows; row++) {
    const y = (row + 0.5) / half - 1;
    for (let column = 0; column < rows; column++) {
      const x = (column + 0.5) / half - 1;
      if (x * x + y * y > 1) continue;
      const tissue = valueAt(tissues, x, y);
      const value = Math.round(tissue + noise(next()) * (tissue < -900 ? 4 : 11)) + 1024;
      pixels[row * rows + column] = Math.max(1, Math.min(4095, value));
    }
  }
  return new Uint8Array(pixels.buffer);
}

/** The four bytes of a random number summed: near enough to a normal distribution of width 1. */
function noise(random: number): number {
  const sum = (random & 255) + ((random >>> 8) & 255) + ((random >>> 16) & 255) + (random >>> 24);
  return (sum - 510) / 147.8;
}

function headAt(at: number, next: () => number): readonly Ellipse[] {
  const size = 0.55 + 0.9 * at * (1 - at);
  const lesions = Array.from({ length: 3 }, () => ({
    x: ((next() % 1000) / 1000 - 0.5) * size,
    y: ((next() % 1000) / 1000 - 0.5) * size,
    rx: 0.02 + (next() % 50) / 1000,
    ry: 0.02 + (next() % 50) / 1000,
    value: 55 + (next() % 25),
  }));
  return [
    { x: 0, y: 0, rx: size, ry: size * 1.15, value: 950 },
    { x: 0, y: 0, rx: size * 0.92, ry: size * 1.06, value: 36 },
    { x: -0.1, y: -0.05, rx: size * 0.12, ry: size * 0.35, value: 8 },
    { x: 0.1, y: -0.05, rx: size * 0.12, ry: size * 0.35, value: 8 },
    ...lesions,
  ];
}

/** The last ellipse that holds the point decides; air around all of them. */
function valueAt(tissues: readonly Ellipse[], x: number, y: number): number {
  let value = -1000;
  for (const tissue of tissues) {
    const dx = (x - tissue.x) / tissue.rx;
    const dy = (y - tissue.y) / tissue.ry;
    if (dx * dx + dy * dy <= 1) value = tissue.value;
  }
  return value;
}
