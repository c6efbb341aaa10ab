import { createLocalSquares, type LocalSquares } from './local-squares.ts';
import { neighbourOffsets, type Plane } from './plane.ts';

/** Predicts one sample after another: `openColumn`, then `skip`, or `predict` and `learn`. */
export interface DeepPredictor {
  /**
   * What each way of predicting says: least squares inside the frame, then those with the reference if there is one,
   * the edge detector.
   */
  readonly means: Float64Array;
  /** Which of `means` is the best of least squares; behind it stands the edge detector. */
  bestWay(): number;
  openFrame(plane: Plane, top: number, reference: Plane | undefined): void;
  openRow(y: number): void;
  /** Before each sample: its pixel, and which component of it. */
  openColumn(column: number, component: number): void;
  /** The sample was what its neighbours are. */
  skip(c: number): void;
  /** The blend of all ways, from 0 to the top of the frame. */
  predict(place: number, c: number, component: number): number;
  learn(sample: number, c: number, component: number, spread: number): void;
  closeRow(): void;
}

export function createDeepPredictor(): DeepPredictor {
  const fits: LocalSquares[] = [];
  const means = new Float64Array(ways);
  /** The middle of the left and the upper neighbour. */
  const base = new Float64Array(1);
  /** How far each way was off in this row, and in the one above with its neighbours; a line for each way. */
  let here = new Float64Array(0);
  let above = new Float64Array(0);
  let line = 0;
  let values: Uint16Array = new Uint16Array(0);
  let others: Uint16Array | undefined;
  let offsets: Int32Array = new Int32Array(0);
  let around = new Int32Array(0);
  let step = 1;
  let stride = 0;
  let highest = 0;
  let edgeWay = 0;
  let waysInUse = ways;
  let margin = 2;
  let inputsInUse = 0;

  const fillInputs = (inputs: Float64Array, p: number, component: number): number => {
    const middle = ((values[p - step] as number) + (values[p - stride] as number)) / 2;
    for (let i = 0; i < insideCount; i++) {
      inputs[i] = (values[p + (offsets[i] as number)] as number) - middle;
    }
    if (component > 0) {
      const before = values[p - 1] as number;
      inputs[10] = before - (values[p - 1 - step] as number);
      inputs[11] = before - (values[p - 1 - stride] as number);
    }
    if (others === undefined) return middle;
    const there = ((others[p - step] as number) + (others[p - stride] as number)) / 2;
    for (let i = 0; i < aroundCount; i++) {
      inputs[insideCount + i] = (others[p + (around[i] as number)] as number) - there;
    }
    return middle;
  };

  /** The better a way was to the left and above, the more it counts. */
  const blend = (c: number): number => {
    let sum = 0;
    let weights = 0;
    for (let way = 0; way < waysInUse; way++) {
      const at = way * line + margin + c;
      const miss =
        1 +
        2 * (here[at - step] as number) +
        (here[at - 2 * step] as number) +
        (above[at] as number);
      const weight = 1 / (miss * miss);
      sum += (means[way] as number) * weight;
      weights += weight;
    }
    return sum / weights;
  };

  return {
    means,
    bestWay: () => edgeWay - 1,
    openFrame: (next, top, reference) => {
      ({ values, step, stride } = next);
      others = reference?.values;
      highest = top;
      offsets = neighbourOffsets(next);
      around = Int32Array.of(0, -step, step, -stride, stride);
      margin = 2 * step;
      line = next.width + 2 * margin;
      here = new Float64Array(line * ways);
      above = new Float64Array(line * ways);
      edgeWay = reference === undefined ? 3 : 4;
      waysInUse = reference === undefined ? 4 : ways;
      inputsInUse = reference === undefined ? insideCount : insideCount + aroundCount;
      while (fits.length < step) fits.push(createLocalSquares(sizes, leastBlock, ridge));
      for (let k = 0; k < step; k++) fits[k]?.openFrame(next.width / step, inputsInUse);
    },
    openRow: (y) => {
      for (let k = 0; k < step; k++) fits[k]?.openRow();
      if (y > 0) turnRow(here, above, line, margin, step);
    },
    openColumn: (column, component) => fits[component]?.openColumn(column),
    skip: (c) => {
      for (let way = 0; way < ways; way++) here[way * line + margin + c] = 0;
    },
    predict: (p, c, component) => {
      const fit = fits[component] as LocalSquares;
      const middle = fillInputs(fit.inputs, p, component);
      base[0] = middle;
      const w = values[p - step] as number;
      const n = values[p - stride] as number;
      const nw = values[p - stride - step] as number;
      const low = Math.min(w, n);
      const high = Math.max(w, n);
      fit.predict(means, middle);
      means[edgeWay] = nw >= high ? low : nw <= low ? high : w + n - nw;
      if (others !== undefined) means[edgeWay + 1] = middle + (fit.inputs[insideCount] as number);
      const blended = blend(c);
      // What is no number is led back into the range as well.
      return blended > 0 ? Math.min(highest, blended) : 0;
    },
    learn: (sample, c, component, spread) => {
      for (let way = 0; way < waysInUse; way++) {
        here[way * line + margin + c] = Math.abs(sample - (means[way] as number));
      }
      fits[component]?.learn(sample - (base[0] as number), spread);
    },
    closeRow: () => {
      for (let k = 0; k < step; k++) fits[k]?.closeRow();
    },
  };
}

/** Sums up how the row that is done did, for the row below it, and fills the margins. */
function turnRow(
  here: Float64Array,
  above: Float64Array,
  line: number,
  margin: number,
  step: number,
): void {
  for (let start = 0; start < here.length; start += line) {
    const first = start + margin;
    const end = start + line - margin;
    for (let c = 0; c < step; c++) here[end + c] = here[end - step + c] as number;
    for (let at = first; at < end; at++) {
      const sides = (here[at - step] as number) + (here[at + step] as number);
      above[at] = 2 * (here[at] as number) + sides;
    }
    for (let c = 0; c < margin; c++) here[start + c] = here[first + (c % step)] as number;
  }
}

/** Inputs of each predictor; the last one's are those of the reference as well. */
const insideCount = 20;
const aroundCount = 5;
const sizes = [4, 12, insideCount, insideCount + aroundCount] as const;
const ways = sizes.length + 2;
const leastBlock = 8;
const ridge = 2;
