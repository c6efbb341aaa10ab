import { createSolver } from './solver.ts';

/**
 * Linear predictors that follow the image: least squares over what lies near in the plane, fitted anew for each block of
 * columns of each row. Near is: the blocks to the left in this row, and the blocks above, to both sides as well; the
 * farther the less it counts. Several predictors come out of one fit, each of so many of the first inputs. All
 * arithmetic is IEEE 754 doubles in the order written here, so both ends come to the same weights (FORMAT.md).
 */
export interface LocalSquares {
  /** What the next prediction is made of; the caller fills it. */
  readonly inputs: Float64Array;
  /** A frame of so many columns begins, with the first `used` inputs; all is forgotten. */
  openFrame(columns: number, used: number): void;
  openRow(): void;
  /** Before every column, from 0 up. */
  openColumn(column: number): void;
  closeRow(): void;
  /** What each predictor says, into `means`; the inputs are differences to `base`. */
  predict(means: Float64Array, base: number): void;
  /** What the inputs should have given; the larger `spread`, the less this place counts. */
  learn(target: number, spread: number): void;
}

/**
 * `sizes` ascend: how many of the inputs each predictor uses. A block has `leastBlock` columns or twice, four times as
 * many.
 */
export function createLocalSquares(
  sizes: readonly number[],
  leastBlock: number,
  ridge: number,
): LocalSquares {
  const most = sizes.at(-1) ?? 0;
  const inputs = new Float64Array(most);
  const weights = sizes.map(() => new Float64Array(most));
  const solver = createSolver(most + 1, ridge);
  /** Learned places, one behind another for each input, the targets behind the inputs in use. */
  const learned = new Float64Array((most + 2) * learnedAtOnce);
  const mine = new Float64Array(tilesOf(most + 1) * 4);
  const left = new Float64Array(mine.length);
  const near = new Float64Array(mine.length);
  /** Of each block, what the rows above left. */
  let above = new Float64Array(0);
  let used = 0;
  let tiles = 0;
  let count = 0;
  let blockColumns = leastBlock;
  let blocks = 0;
  let block = 0;

  const flush = (): void => {
    addProducts(mine, learned, used + 1, count);
    count = 0;
  };

  /** Hands what was learned in this block on to the row below, and to the blocks to the right. */
  const closeBlock = (): void => {
    flush();
    const here = block * mine.length;
    for (let i = 0; i < tiles; i++) {
      const value = mine[i] as number;
      above[here + i] = (above[here + i] as number) * rowKeep + value;
      left[i] = (left[i] as number) * blockKeep + value;
      mine[i] = 0;
    }
  };

  return {
    inputs,
    openFrame: (columns, inUse) => {
      used = inUse;
      tiles = tilesOf(used + 1) * 4;
      blockColumns = leastBlock;
      while (blockColumns * mostBlocks < columns) blockColumns *= 2;
      blocks = Math.ceil(columns / blockColumns);
      if (above.length < blocks * mine.length) above = new Float64Array(blocks * mine.length);
      else above.fill(0);
      // The rows behind the inputs in use move from frame to frame.
      learned.fill(0);
    },
    openRow: () => {
      mine.fill(0);
      left.fill(0);
      block = 0;
    },
    openColumn: (column) => {
      if (column % blockColumns !== 0) return;
      if (column > 0) {
        closeBlock();
        block++;
      }
      const here = block * mine.length;
      const before = block > 0 ? here - mine.length : here;
      const behind = block + 1 < blocks ? here + mine.length : here;
      for (let i = 0; i < tiles; i++) {
        const sides = (above[before + i] as number) + (above[behind + i] as number);
        near[i] = (left[i] as number) + (above[here + i] as number) + sideShare * sides;
      }
      solver.factorize(used + 1, near);
      for (let way = 0; way < sizes.length; way++) {
        const size = sizes[way] as number;
        if (size <= used) solver.solve(size, weights[way] as Float64Array);
      }
    },
    closeRow: closeBlock,
    predict: (means, base) => {
      for (let way = 0; way < sizes.length; way++) {
        const size = sizes[way] as number;
        if (size > used) return;
        means[way] = base + dot(weights[way] as Float64Array, inputs, size);
      }
    },
    learn: (target, spread) => {
      const scale = 1 / Math.sqrt(1 + spread * spread * unrest);
      for (let i = 0; i < used; i++) {
        learned[i * learnedAtOnce + count] = (inputs[i] as number) * scale;
      }
      learned[used * learnedAtOnce + count] = target * scale;
      count++;
      if (count === learnedAtOnce) flush();
    },
  };
}

/** The sum of products, even places and odd ones apart. */
function dot(a: Float64Array, b: Float64Array, size: number): number {
  let even = 0;
  let odd = 0;
  for (let i = 0; i + 1 < size; i += 2) {
    even += (a[i] as number) * (b[i] as number);
    odd += (a[i + 1] as number) * (b[i + 1] as number);
  }
  if ((size & 1) === 1) even += (a[size - 1] as number) * (b[size - 1] as number);
  return even + odd;
}

/** Tiles of two by two in the lower triangle of a square of `size`. */
function tilesOf(size: number): number {
  const half = (size + 1) >> 1;
  return (half * (half + 1)) / 2;
}

/** Adds the products of all pairs of rows, tile by tile. */
function addProducts(sums: Float64Array, rows: Float64Array, size: number, count: number): void {
  let at = 0;
  for (let i = 0; i < size; i += 2) {
    const i0 = i * learnedAtOnce;
    const i1 = i0 + learnedAtOnce;
    for (let j = 0; j <= i; j += 2) {
      const j0 = j * learnedAtOnce;
      const j1 = j0 + learnedAtOnce;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      for (let t = 0; t < count; t++) {
        const a = rows[i0 + t] as number;
        const b = rows[i1 + t] as number;
        const c = rows[j0 + t] as number;
        const d = rows[j1 + t] as number;
        s00 += a * c;
        s01 += a * d;
        s10 += b * c;
        s11 += b * d;
      }
      sums[at] = (sums[at] as number) + s00;
      sums[at + 1] = (sums[at + 1] as number) + s01;
      sums[at + 2] = (sums[at + 2] as number) + s10;
      sums[at + 3] = (sums[at + 3] as number) + s11;
      at += 4;
    }
  }
}

const learnedAtOnce = 16;
const mostBlocks = 64;
const rowKeep = 0.75;
const blockKeep = 0.5;
const sideShare = 0.7;
const unrest = 0.003;
