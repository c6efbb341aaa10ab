import type { BitCoder } from './bit-coder.ts';
import { unseen, updated } from './counters.ts';

/** Small numbers about areas and frames, each kind with counters of its own. */
export interface NumberModel {
  /** Codes `value`, below 2^bits (8 at most); a decoder ignores it. */
  code(kind: string, value: number, bits: number): number;
}

export function createNumberModel(coder: BitCoder): NumberModel {
  const kinds = new Map<string, Int32Array>();
  return {
    code: (kind, value, bits) => {
      const counters = kinds.get(kind) ?? new Int32Array(256).fill(unseen);
      kinds.set(kind, counters);
      let seen = 1;
      for (let place = bits - 1; place >= 0; place--) {
        const counter = counters[seen] as number;
        const probability = Math.max(64, Math.min(65_472, counter >>> 16));
        const bit = coder.code(probability, (value >> place) & 1);
        counters[seen] = updated(counter, bit, 60);
        seen = seen * 2 + bit;
      }
      return seen - (1 << bits);
    },
  };
}
