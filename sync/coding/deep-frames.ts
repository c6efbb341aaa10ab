import type { BitCoder } from './bit-coder.ts';
import { unseen, updated } from './counters.ts';
import { createDeepPredictor } from './deep-predictor.ts';
import { createDeepResiduals } from './deep-residuals.ts';
import { createPlane, type Plane } from './plane.ts';

/**
 * The frame coder of coding 5 (FORMAT.md, "Coding 5, deep"): several least squares near in the plane, with those of a frame
 * that resembles this one, blended, and the rest by mixed counters. One function for both ways: an
 * encoder reads `samples`, a decoder fills them.
 */
export interface DeepFrames {
  /** `top` is the largest value that a sample can have. Answers the frame as a later one may refer to it. */
  code(
    samples: Uint16Array,
    width: number,
    step: number,
    top: number,
    reference: Plane | undefined,
  ): Plane;
}

export function createDeepFrames(coder: BitCoder): DeepFrames {
  const flat = new Int32Array(3).fill(unseen);
  const predictor = createDeepPredictor();
  const { means } = predictor;
  const residuals = createDeepResiduals(coder);

  /** Whether the sample is what all its neighbours are; one decision for it all. */
  const codeFlat = (kind: number, isSame: number): boolean => {
    const counter = flat[kind] as number;
    const probability = Math.max(16, Math.min(65_520, counter >>> 16));
    const found = coder.code(probability, isSame);
    flat[kind] = updated(counter, found, 1_000);
    return found === 1;
  };

  return {
    code: (samples, width, step, top, reference) => {
      const plane = createPlane(width, step, samples.length / width);
      const { values, lefts, stride, rows } = plane;
      const smooth = residuals.openFrame(plane, top, reference);
      predictor.openFrame(plane, top, reference);
      for (let y = 0; y < rows && !coder.isSpent(); y++) {
        plane.openRow(y);
        predictor.openRow(y);
        const row = plane.rowAt(y);
        const from = y * width;
        let component = 0;
        let column = 0;
        for (let c = 0; c < width; c++) {
          const p = row + c;
          const n = values[p - stride] as number;
          const isFlat =
            n === values[p - step] &&
            n === values[p - stride - step] &&
            n === values[p - stride + step] &&
            n === values[p - 2 * step] &&
            n === values[p - 2 * stride];
          predictor.openColumn(column, component);
          let sample = n;
          const kind = reference === undefined ? 2 : reference.values[p] === n ? 1 : 0;
          if (isFlat && codeFlat(kind, samples[from + c] === n ? 1 : 0)) {
            predictor.skip(c);
            smooth(p, 0);
          } else {
            const mean = predictor.predict(p, c, component);
            const rounded = Math.floor(mean + 0.5);
            const off = (samples[from + c] as number) - rounded;
            const best = predictor.bestWay();
            const left = residuals.code(
              off,
              p,
              mean,
              means[0] as number,
              means[best] as number,
              means[best + 1] as number,
              component,
            );
            sample = (rounded + left) & 0xffff;
            const short = Math.max(-32_767, Math.min(32_767, left));
            lefts[p] = short;
            smooth(p, Math.abs(short));
            predictor.learn(sample, c, component, residuals.spread());
          }
          samples[from + c] = sample;
          values[p] = sample;
          if (y === 0) plane.spread(p);
          if (++component === step) {
            component = 0;
            column++;
          }
        }
        predictor.closeRow();
        plane.closeRow(y);
      }
      plane.close();
      return plane;
    },
  };
}
