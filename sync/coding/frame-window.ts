/** The last three rows of a frame with a margin on both sides, and how the predictions did in the last two. */
export interface FrameWindow {
  /** Samples, residuals: three rows in turn. */
  readonly values: Int32Array;
  readonly lefts: Int32Array;
  /** How far each way of predicting was off: two rows in turn for every way. */
  readonly errors: Float64Array;
  /** From one way's errors to those of the next. */
  readonly plane: number;
  /** Where column 0 of row `y` stands in `values` and `lefts`. */
  rowAt(y: number): number;
  /** Where column 0 of row `y` stands in `errors`, for the first way. */
  errorsAt(y: number): number;
  /** Fills the margin in front of row `y`, from what is above it. */
  open(y: number): void;
  /** Fills the margin behind row `y`, from its last pixel. */
  close(y: number): void;
}

export const ways = 4;

/** `width` samples a row, `step` of them a pixel. */
export function createFrameWindow(width: number, step: number): FrameWindow {
  const margin = 4 * step;
  const stride = width + 2 * margin;
  const values = new Int32Array(stride * 3);
  const lefts = new Int32Array(stride * 3);
  const plane = 2 * stride;
  const errors = new Float64Array(plane * ways);
  const rowAt = (y: number): number => (y % 3) * stride + margin;
  const errorsAt = (y: number): number => (y % 2) * stride + margin;
  const copyErrors = (to: number, from: number): void => {
    for (let way = 0; way < ways; way++) {
      errors[way * plane + to] = errors[way * plane + from] as number;
    }
  };
  return {
    ...{ values, lefts, errors, plane, rowAt, errorsAt },
    open: (y) => {
      const row = rowAt(y);
      const above = rowAt(y + 2);
      for (let c = -margin; c < 0; c++) {
        const component = (c + margin) % step;
        values[row + c] = y > 0 ? (values[above + component] as number) : 0;
        lefts[row + c] = 0;
        copyErrors(errorsAt(y) + c, errorsAt(y + 1) + component);
      }
    },
    close: (y) => {
      const row = rowAt(y);
      const last = Math.max(0, width - step);
      for (let c = width; c < width + margin; c++) {
        const from = last + (c % step);
        values[row + c] = values[row + from] as number;
        lefts[row + c] = 0;
        copyErrors(errorsAt(y) + c, errorsAt(y) + from);
      }
    },
  };
}
