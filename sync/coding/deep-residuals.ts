import type { BitCoder } from './bit-coder.ts';
import type { Plane } from './plane.ts';
import { createResidualModel } from './residual-model.ts';
import { level, quarter, shiftOf, signed } from './scales.ts';

/** Codes what predictions leave, with contexts of what they left nearby and of how the ways of predicting differ. */
export interface DeepResiduals {
  /** Answers what takes note of how far off a sample was, for all that come after it. */
  openFrame(
    plane: Plane,
    top: number,
    reference: Plane | undefined,
  ): (place: number, off: number) => void;
  /** `best` is the way of least squares to be believed most, `edge` the edge detector. A decoder ignores `left`. */
  code(
    left: number,
    place: number,
    mean: number,
    first: number,
    best: number,
    edge: number,
    component: number,
  ): number;
  /** How far off to expect the sample that was coded last, times 18. */
  spread(): number;
}

export function createDeepResiduals(coder: BitCoder): DeepResiduals {
  const residuals = createResidualModel(coder, contextSizes);
  const { contexts } = residuals;
  let values: Uint16Array = new Uint16Array(0);
  let lefts: Int16Array = new Int16Array(0);
  let others: Int16Array | undefined;
  /** A slow mean of how far off samples were, over a wide space, times 32. */
  let smooth = new Int32Array(0);
  let step = 1;
  let stride = 0;
  let highest = 0;
  let spread = 0;

  return {
    spread: () => spread,
    openFrame: (plane, top, reference) => {
      ({ values, lefts, step, stride } = plane);
      others = reference?.lefts;
      highest = top;
      smooth = new Int32Array(values.length);
      return (p, off) => {
        const sides = (smooth[p - step] as number) + (smooth[p - stride + step] as number);
        smooth[p] = (off * 32 + sides + (smooth[p - stride] as number)) >> 2;
      };
    },
    code: (left, p, mean, first, best, edge, component) => {
      const w = values[p - step] as number;
      const n = values[p - stride] as number;
      const nw = values[p - stride - step] as number;
      const ne = values[p - stride + step] as number;
      const leftW = lefts[p - step] as number;
      const leftN = lefts[p - stride] as number;
      const near = Math.abs(leftW) + Math.abs(leftN);
      const energy =
        3 * near +
        2 *
          (Math.abs(lefts[p - stride - step] as number) +
            Math.abs(lefts[p - stride + step] as number)) +
        Math.abs(lefts[p - 2 * step] as number) +
        Math.abs(lefts[p - 2 * stride] as number);
      const unrest =
        Math.abs(w - nw) +
        Math.abs(n - nw) +
        Math.abs(n - ne) +
        Math.abs(w - (values[p - 2 * step] as number));
      let past = energy >> 1;
      if (others !== undefined) {
        past =
          2 * Math.abs(others[p] as number) +
          Math.abs(others[p + step] as number) +
          Math.abs(others[p + stride] as number);
      }
      spread = energy + ((past * 3) >> 1);
      const wide =
        ((smooth[p - step] as number) +
          (smooth[p - stride] as number) +
          (smooth[p - stride + step] as number) +
          (smooth[p - stride - step] as number)) >>
        2;
      const spreadLevel = level(spread);
      const half = Math.min(15, spreadLevel >> 1);
      const scale = 1 / Math.max(1, spread / 18);
      const rounded = Math.floor(mean + 0.5);
      const rest = mean - rounded;
      const differs = signed((first - mean) * 2 * scale) * 9 + signed((best - mean) * 3 * scale);
      contexts[0] = (signed(leftW * scale) * 9 + signed(leftN * scale)) * 12 + Math.min(11, half);
      contexts[1] = (signed((edge - mean) * 2 * scale) * 4 + quarter(rest)) * 16 + half;
      contexts[2] = Math.min(31, level(past * 3)) * 32 + Math.min(31, level(energy));
      contexts[3] = Math.floor((rounded * 128) / (highest + 1)) * 16 + half;
      const eighth = Math.floor((rest + 0.5) * 7.99);
      contexts[4] = (eighth * 4 + Math.min(3, component)) * 32 + Math.min(31, spreadLevel);
      contexts[5] = differs * 16 + half;
      contexts[6] = level(wide) * 40 + spreadLevel;
      const second = Math.min(31, level(unrest * 2));
      return residuals.code(left, shiftOf(spread), Math.min(31, spreadLevel), second);
    },
  };
}

/** How many values each context has. */
const contextSizes = [1_024, 1_024, 1_024, 2_048, 1_024, 2_048, 2_048] as const;
