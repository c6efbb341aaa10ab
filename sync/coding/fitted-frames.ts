import type { BitCoder } from './bit-coder.ts';
import { createCountedResiduals } from './counted-residuals.ts';
import { createLocalSquares, type LocalSquares } from './local-squares.ts';
import { createPlane, neighbourOffsets } from './plane.ts';

/**
 * The frame coder of coding 4 (FORMAT.md, "Coding 4, fitted"): each sample is predicted by least squares over its
 * neighbours, and what is left is coded by counters chosen by how far off the predictions nearby were. One function for
 * both ways: an encoder reads `samples`, a decoder fills them.
 */
export interface FittedFrames {
  /** `top` is the largest value that a sample can have. */
  code(samples: Uint16Array, width: number, step: number, top: number): void;
}

export function createFittedFrames(coder: BitCoder): FittedFrames {
  const fits: LocalSquares[] = [];
  const means = new Float64Array(1);
  const residuals = createCountedResiduals(coder, spreads * 4);

  return {
    code: (samples, width, step, top) => {
      const plane = createPlane(width, step, samples.length / width);
      const { values, lefts, stride } = plane;
      const offsets = neighbourOffsets(plane);
      while (fits.length < step) fits.push(createLocalSquares([inputCount], leastBlock, ridge));
      for (let k = 0; k < step; k++) fits[k]?.openFrame(width / step, inputCount);
      for (let y = 0; y < plane.rows && !coder.isSpent(); y++) {
        plane.openRow(y);
        for (let k = 0; k < step; k++) fits[k]?.openRow();
        const row = plane.rowAt(y);
        let k = 0;
        let column = 0;
        for (let c = 0; c < width; c++) {
          const fit = fits[k] as LocalSquares;
          fit.openColumn(column);
          const p = row + c;
          const w = values[p - step] as number;
          const n = values[p - stride] as number;
          const isFlat =
            w === n &&
            n === values[p - stride - step] &&
            n === values[p - stride + step] &&
            w === values[p - 2 * step] &&
            n === values[p - 2 * stride];
          let mean = w;
          const base = (w + n) / 2;
          if (!isFlat) {
            const { inputs } = fit;
            for (let i = 0; i < inputCount; i++) {
              inputs[i] = (values[p + (offsets[i] as number)] as number) - base;
            }
            if (k > 0) {
              const before = values[p - 1] as number;
              inputs[10] = before - (values[p - 1 - step] as number);
              inputs[11] = before - (values[p - 1 - stride] as number);
            }
            fit.predict(means, base);
            const told = means[0] as number;
            // What is no number is led back into the range as well.
            mean = told > 0 ? Math.min(top, told) : 0;
          }
          const rounded = Math.floor(mean + 0.5);
          const spread =
            2 * (Math.abs(lefts[p - step] as number) + Math.abs(lefts[p - stride] as number)) +
            Math.abs(lefts[p - stride + step] as number) +
            Math.abs(lefts[p - stride - step] as number) +
            Math.abs(lefts[p - 2 * step] as number) +
            Math.abs(lefts[p - 2 * stride] as number);
          const level = spreadLevel(spread);
          const quarter = Math.floor((mean - rounded + 0.5) * 3.99);
          const off = residuals.code(
            (samples[y * width + c] as number) - rounded,
            level * 4 + quarter,
            level < 10 ? 0 : (level - 8) >> 1,
          );
          const sample = (rounded + off) & 0xffff;
          samples[y * width + c] = sample;
          values[p] = sample;
          lefts[p] = Math.max(-32_767, Math.min(32_767, off));
          if (y === 0) plane.spread(p);
          if (!isFlat && ((column + y) & 1) === 0) fit.learn(sample - base, spread * 2);
          if (++k === step) {
            k = 0;
            column++;
          }
        }
        for (let i = 0; i < step; i++) fits[i]?.closeRow();
        plane.closeRow(y);
      }
    },
  };
}

/** On a logarithmic scale with two steps for each doubling. */
function spreadLevel(spread: number): number {
  if (spread < 3) return spread;
  const bits = 31 - Math.clz32(spread);
  return Math.min(spreads - 1, bits * 2 + ((spread >> (bits - 1)) & 1));
}

const spreads = 38;
const inputCount = 12;
const leastBlock = 16;
const ridge = 10;
