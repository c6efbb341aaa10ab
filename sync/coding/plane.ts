/**
 * A frame on its way, with a margin around it, so that every neighbour of a sample has a value: three rows above, four
 * pixels to both sides, three rows below for frames that refer to this one. `values` and `lefts` share their places.
 */
export interface Plane {
  readonly values: Uint16Array;
  /** How far off predictions were: signed, and at most so far as fits. */
  readonly lefts: Int16Array;
  /** Samples of a row, samples of a pixel, rows. */
  readonly width: number;
  readonly step: number;
  readonly rows: number;
  /** From a place to the one below. */
  readonly stride: number;
  /** The place of column 0 in row `y`. */
  rowAt(y: number): number;
  /** Fills the margin in front of row `y` from the row above. */
  openRow(y: number): void;
  /** In row 0, before its next sample: what is above it is what is to the left. */
  spread(place: number): void;
  /** Fills the margin behind row `y`. */
  closeRow(y: number): void;
  /** Fills the margin below. */
  close(): void;
}

export function createPlane(width: number, step: number, rows: number): Plane {
  const margin = sideMargin * step;
  const stride = width + 2 * margin;
  const values = new Uint16Array(stride * (rows + 2 * rowMargin));
  const lefts = new Int16Array(values.length);
  const rowAt = (y: number): number => (y + rowMargin) * stride + margin;
  return {
    ...{ values, lefts, width, step, rows, stride, rowAt },
    openRow: (y) => {
      if (y === 0) return;
      const row = rowAt(y);
      for (let c = 0; c < margin; c++) {
        values[row - margin + c] = values[row - stride + (c % step)] as number;
      }
    },
    spread: (place) => {
      const value = values[place] as number;
      for (let up = 1; up <= rowMargin; up++) {
        for (let on = 1; on <= sideMargin; on++) values[place - up * stride + on * step] = value;
      }
    },
    closeRow: (y) => {
      const end = rowAt(y) + width;
      for (let c = 0; c < margin; c++) values[end + c] = values[end - step + (c % step)] as number;
    },
    close: () => {
      const end = (rows + rowMargin) * stride;
      for (let below = 0; below < rowMargin; below++) {
        values.copyWithin(end + below * stride, end - stride, end);
      }
    },
  };
}

/** Where the neighbours of a sample are, for `insideCount` and fewer, the nearest first. */
export function neighbourOffsets({ step, stride }: Plane): Int32Array {
  return Int32Array.from(neighbours, ([left, up]) => -left * step - up * stride);
}

const rowMargin = 3;
const sideMargin = 4;

/** Pixels to the left, rows up. */
const neighbours: readonly (readonly [number, number])[] = [
  [1, 0],
  [0, 1],
  [1, 1],
  [-1, 1],
  [2, 0],
  [0, 2],
  [-2, 1],
  [2, 1],
  [-1, 2],
  [1, 2],
  [3, 0],
  [0, 3],
  [2, 2],
  [-2, 2],
  [-3, 1],
  [3, 1],
  [1, 3],
  [-1, 3],
  [4, 0],
  [4, 1],
];
