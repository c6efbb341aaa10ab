import type { BitCoder } from './bit-coder.ts';
import { unseen, updated } from './counters.ts';

/**
 * Codes differences between samples and their prediction with one counter for each decision and context: the sign,
 * magnitude >> shift in unary, and the low bits, the highest of them by a counter (FORMAT.md, "Coding 4, fitted").
 */
export interface CountedResiduals {
  /** `context` is below the count of contexts. A decoder ignores the residual and answers the one that was coded. */
  code(residual: number, context: number, shift: number): number;
}

export function createCountedResiduals(coder: BitCoder, contexts: number): CountedResiduals {
  const counters = new Int32Array(contexts * nodes).fill(unseen);

  const decide = (slot: number, bit: number): number => {
    const counter = counters[slot] as number;
    const probability = Math.max(24, Math.min(65_512, counter >>> 16));
    const found = coder.code(probability, bit);
    counters[slot] = updated(counter, found, counterLimit);
    return found;
  };

  /** What is beyond the unary part, Elias gamma. */
  const codeRest = (start: number, rest: number): number => {
    const length = 31 - Math.clz32(rest);
    let bits = 0;
    while (bits < maxRestBits && decide(start + bits, length > bits ? 1 : 0) === 1) bits++;
    let value = 1;
    for (let place = bits - 1; place >= 0; place--) {
      value = (value << 1) | coder.code(32_768, (rest >> place) & 1);
    }
    return value;
  };

  return {
    code: (residual, context, shift) => {
      const start = context * nodes;
      const sign = decide(start, residual < 0 ? 1 : 0);
      const magnitude = residual < 0 ? -1 - residual : residual;
      const high = magnitude >> shift;
      const unary = start + 1 + sign * maxUnary;
      let value = 0;
      while (value < maxUnary && decide(unary + value, high > value ? 1 : 0) === 1) value++;
      if (value === maxUnary) value += codeRest(start + restAt, high - maxUnary + 1) - 1;
      if (shift > 0) {
        const slot = start + lowAt + sign * lowKinds + Math.min(lowKinds - 1, value);
        value = (value << 1) | decide(slot, (magnitude >> (shift - 1)) & 1);
        for (let place = shift - 2; place >= 0; place--) {
          value = (value << 1) | coder.code(32_768, (magnitude >> place) & 1);
        }
      }
      return sign === 1 ? -1 - value : value;
    },
  };
}

const maxUnary = 16;
const maxRestBits = 17;
const lowKinds = 4;
const restAt = 1 + 2 * maxUnary;
const lowAt = restAt + maxRestBits;
const nodes = lowAt + 2 * lowKinds;
const counterLimit = 255;
