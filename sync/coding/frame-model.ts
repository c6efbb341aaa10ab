import type { BitCoder } from './bit-coder.ts';
import { unseen, updated } from './counters.ts';
import type { Frame } from './frame.ts';
import { createFramePredictor } from './frame-predictor.ts';
import { createFrameWindow, type FrameWindow, ways } from './frame-window.ts';
import { createResidualModel } from './residual-model.ts';
import { level, quarter, shiftOf, signed } from './scales.ts';

export interface FrameModel {
  code(frame: Frame): void;
}

/**
 * Predicts each sample by four ways, blends them by how well each did nearby, and codes what is left. It goes on
 * learning from frame to frame (FORMAT.md, "Mixed frames").
 */
export function createFrameModel(coder: BitCoder): FrameModel {
  const flat = new Int32Array(3).fill(unseen);
  const predictor = createFramePredictor();
  const codeLeft = createLeftCoder(coder);

  /** Whether the sample is what all its neighbours are; one decision for it all. */
  const codeFlat = (value: number, sample: number, kind: number): boolean => {
    const counter = flat[kind] as number;
    const probability = Math.max(16, Math.min(65_520, counter >>> 16));
    const isSame = coder.code(probability, sample === value ? 1 : 0);
    flat[kind] = updated(counter, isSame, 1_000);
    return isSame === 1;
  };

  const codeRow = (frame: Frame, window: FrameWindow, y: number): void => {
    const { samples, width, reference, misses, components } = frame;
    const { values, lefts, errors, plane } = window;
    const { near, means } = predictor;
    const row = window.rowAt(y);
    const errorRow = window.errorsAt(y);
    for (let c = 0; c < width; c++) {
      const i = y * width + c;
      if (predictor.look(window, y, c, components)) {
        const value = near[0] as number;
        const kind = reference === undefined ? 2 : reference.samples[i] === value ? 1 : 0;
        if (codeFlat(value, samples[i] as number, kind)) {
          samples[i] = value;
          values[row + c] = value;
          lefts[row + c] = 0;
          misses[i] = 0;
          for (let way = 0; way < ways; way++) errors[errorRow + c + way * plane] = 0;
          continue;
        }
      }
      const blended = predictor.predict(frame, window, y, c);
      // What is no number is led back into the range as well.
      const mean = blended > 0 ? Math.min(frame.top, blended) : 0;
      const rounded = Math.floor(mean + 0.5);
      const left = codeLeft(frame, window, y, c, predictor, mean, (samples[i] as number) - rounded);
      samples[i] = rounded + left;
      const sample = samples[i] as number;
      values[row + c] = sample;
      lefts[row + c] = sample - rounded;
      misses[i] = Math.min(255, Math.abs(sample - rounded));
      for (let way = 0; way < ways; way++) {
        errors[errorRow + c + way * plane] = Math.abs(sample - (means[way] as number));
      }
      if (((c + y) & 1) === 0) predictor.learn(sample, reference !== undefined);
    }
  };

  return {
    code: (frame) => {
      const window = createFrameWindow(frame.width, frame.components);
      const rows = frame.samples.length / frame.width;
      for (let y = 0; y < rows && !coder.isSpent(); y++) {
        window.open(y);
        codeRow(frame, window, y);
        window.close(y);
      }
    },
  };
}

/** Codes what the prediction left, with contexts of the residuals and differences nearby. */
function createLeftCoder(coder: BitCoder) {
  const residuals = createResidualModel(coder, contextSizes);
  const { contexts } = residuals;
  return (
    frame: Frame,
    window: FrameWindow,
    y: number,
    c: number,
    predictor: ReturnType<typeof createFramePredictor>,
    mean: number,
    left: number,
  ): number => {
    const { near, means } = predictor;
    const { lefts } = window;
    const step = frame.components;
    const p = window.rowAt(y) + c;
    const a = window.rowAt(y + 2) + c;
    const w = near[0] as number;
    const nw = near[1] as number;
    const ne = near[2] as number;
    const ww = near[3] as number;
    const n = near[10] as number;
    const leftW = lefts[p - step] as number;
    const leftN = lefts[a] as number;
    const leftNe = Math.abs(lefts[a + step] as number);
    const energy =
      3 * (Math.abs(leftW) + Math.abs(leftN)) +
      2 * (Math.abs(lefts[a - step] as number) + leftNe) +
      Math.abs(lefts[p - 2 * step] as number) +
      Math.abs(lefts[window.rowAt(y + 1) + c] as number);
    const unrest = Math.abs(w - nw) + Math.abs(n - nw) + Math.abs(n - ne) + Math.abs(w - ww);
    const past = frame.reference === undefined ? energy >> 1 : predictor.missedThere(frame, y, c);
    const spread = energy + ((past * 3) >> 1);
    const energyLevel = Math.min(31, level(energy));
    const unrestLevel = Math.min(31, level(unrest * 2));
    const spreadLevel = level(spread);
    const half = Math.min(15, spreadLevel >> 1);
    const less = Math.min(11, half);
    const scale = 1 / Math.max(1, spread / 18);
    const rounded = Math.floor(mean + 0.5);
    const rest = mean - rounded;
    const edge = signed(((means[2] as number) - mean) * 2 * scale);
    contexts[0] = (signed(leftW * scale) * 9 + signed(leftN * scale)) * 12 + less;
    contexts[1] = (edge * 4 + quarter(rest)) * 16 + half;
    contexts[2] = Math.min(31, level(past * 3)) * 32 + energyLevel;
    contexts[3] = Math.floor((rounded * 128) / (frame.top + 1)) * 16 + half;
    const eighth = Math.floor((rest + 0.5) * 7.99);
    contexts[4] = (eighth * 4 + Math.min(3, c % step)) * 32 + Math.min(31, spreadLevel);
    return residuals.code(left, shiftOf(spread), Math.min(31, spreadLevel), unrestLevel);
  };
}

const contextSizes = [1_024, 1_024, 1_024, 2_048, 1_024] as const;
