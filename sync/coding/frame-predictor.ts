import type { Frame } from './frame.ts';
import { type FrameWindow, ways } from './frame-window.ts';
import { createLeastSquares } from './least-squares.ts';

/** Predicts one sample after another; `look` goes before `predict`, and `predict` before `learn`. */
export interface FramePredictor {
  /** W, NW, NE, WW, NN, NNE, NWW, NEE, NNW, WWW, N of the sample looked at; what is outside is the nearest inside. */
  readonly near: Int32Array;
  /** What each way of predicting says. */
  readonly means: Float64Array;
  /** Reads the neighbours of a place; true when the six nearest are equal. */
  look(window: FrameWindow, y: number, c: number, step: number): boolean;
  /** The blend of all ways. */
  predict(frame: Frame, window: FrameWindow, y: number, c: number): number;
  learn(sample: number, hasReference: boolean): void;
  /** How far predictions were off in the reference, here, to the right and below. */
  missedThere(frame: Frame, y: number, c: number): number;
}

export function createFramePredictor(): FramePredictor {
  const near = new Int32Array(11);
  const means = new Float64Array(ways);
  const inside = createLeastSquares(12, forgetInside, solveEvery);
  const across = createLeastSquares(20, forgetAcross, solveEvery);
  let base = 0;

  return {
    near,
    means,
    look: ({ values, rowAt }, y, c, step) => {
      const p = rowAt(y) + c;
      const a = rowAt(y + 2) + c;
      const b = rowAt(y + 1) + c;
      const w = values[p - step] as number;
      const ww = values[p - 2 * step] as number;
      const n = y > 0 ? (values[a] as number) : w;
      const nw = y > 0 ? (values[a - step] as number) : w;
      const ne = y > 0 ? (values[a + step] as number) : w;
      const nn = y > 1 ? (values[b] as number) : n;
      near[0] = w;
      near[1] = nw;
      near[2] = ne;
      near[3] = ww;
      near[4] = nn;
      near[5] = y > 1 ? (values[b + step] as number) : ne;
      near[6] = y > 0 ? (values[a - 2 * step] as number) : ww;
      near[7] = y > 0 ? (values[a + 2 * step] as number) : ne;
      near[8] = y > 1 ? (values[b - step] as number) : nw;
      near[9] = values[p - 3 * step] as number;
      near[10] = n;
      return w === n && n === nw && nw === ne && ww === w && nn === n;
    },
    predict: (frame, window, y, c) => {
      const step = frame.components;
      const { values, rowAt } = window;
      const w = near[0] as number;
      const nw = near[1] as number;
      const n = near[10] as number;
      base = (w + n) / 2;
      const { inputs } = inside;
      for (let k = 0; k < 10; k++) inputs[k] = (near[k] as number) - base;
      const before = rowAt(y) + c - 1;
      const isFirst = c % step === 0;
      inputs[10] = isFirst ? 0 : (values[before] as number) - (values[before - step] as number);
      inputs[11] =
        isFirst || y === 0
          ? 0
          : (values[before] as number) - (values[rowAt(y + 2) + c - 1] as number);
      means[0] = base + inside.predict();
      const low = Math.min(w, n);
      const high = Math.max(w, n);
      means[2] = nw >= high ? low : nw <= low ? high : w + n - nw;
      if (frame.reference === undefined) {
        means[1] = means[0] as number;
        means[3] = w + ((near[2] as number) - n) / 2;
      } else {
        means[3] =
          base + fillAcross(across.inputs, inputs, frame, frame.reference.samples, y, c, base);
        means[1] = base + across.predict();
      }
      return blend(means, window, window.errorsAt(y) + c, window.errorsAt(y + 1) + c, step);
    },
    learn: (sample, hasReference) => {
      inside.learn(sample - base);
      if (hasReference) across.learn(sample - base);
    },
    missedThere: ({ reference, width, samples, components }, y, c) => {
      if (reference === undefined) return 0;
      const { misses } = reference;
      const i = y * width + c;
      const on = misses[c + components < width ? i + components : i] as number;
      const down = misses[i + width < samples.length ? i + width : i] as number;
      return 2 * (misses[i] as number) + on + down;
    },
  };
}

/**
 * Fills the inputs of the predictor that sees both frames, and answers the sample of the reference, less the middle of
 * its left and upper neighbour.
 */
function fillAcross(
  inputs: Float64Array,
  near: Float64Array,
  { samples, width, components: step }: Frame,
  other: Uint16Array,
  y: number,
  c: number,
  base: number,
): number {
  const i = y * width + c;
  const up = y > 0 ? i - width : i;
  const down = i + width < samples.length ? i + width : i;
  const back = c >= step ? step : 0;
  const on = c + step < width ? step : 0;
  const w = other[i - back] as number;
  const n = other[up] as number;
  const middle = (w + n) / 2;
  for (let k = 0; k < 11; k++) inputs[k] = near[k] as number;
  const moved = (other[i] as number) - middle;
  inputs[11] = moved;
  inputs[12] = w - middle;
  inputs[13] = (other[i + on] as number) - middle;
  inputs[14] = (other[down] as number) - middle;
  inputs[15] = (other[up - back] as number) - middle;
  inputs[16] = (other[up + on] as number) - middle;
  inputs[17] = (other[down - back] as number) - middle;
  inputs[18] = (other[down + on] as number) - middle;
  inputs[19] = base - middle;
  return moved;
}

/** The better a way was to the left and above, the more it counts. */
function blend(
  means: Float64Array,
  { errors, plane }: FrameWindow,
  here: number,
  above: number,
  step: number,
): number {
  let sum = 0;
  let weights = 0;
  for (let way = 0; way < ways; way++) {
    const p = here + way * plane;
    const a = above + way * plane;
    const miss =
      1 +
      2 * (errors[p - step] as number) +
      (errors[p - 2 * step] as number) +
      2 * (errors[a] as number) +
      (errors[a - step] as number) +
      (errors[a + step] as number);
    const weight = 1 / (miss * miss);
    sum += (means[way] as number) * weight;
    weights += weight;
  }
  return sum / weights;
}

const forgetInside = 0.998;
const forgetAcross = 0.999;
const solveEvery = 32;
