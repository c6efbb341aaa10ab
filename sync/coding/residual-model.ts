import type { BitCoder } from './bit-coder.ts';
import { trust, unseen, updated } from './counters.ts';
import { squash, stretched } from './logistic.ts';

/** Values of each of the two that choose the weights of the mixture. */
const selectorSize = 32;

export interface ResidualModel {
  /** What is known of the next residual: one value for each context, below its size. */
  readonly contexts: Int32Array;
  /** Codes one residual; a decoder ignores it and answers the one that was coded. */
  code(residual: number, shift: number, first: number, second: number): number;
}

/**
 * Codes differences between samples and their prediction. A difference is a sign, how often it holds 2^shift (in
 * unary), and the low bits. Each of the first decisions is predicted by one counter for every context; their votes are
 * mixed by weights that learn (FORMAT.md, "Residuals").
 */
export function createResidualModel(
  coder: BitCoder,
  /** How many values each context has, in the order of `contexts`. */
  contextSizes: readonly number[],
): ResidualModel {
  const count = contextSizes.length;
  const starts = startsOf(contextSizes);
  const counters = new Int32Array((starts[count] as number) * nodes).fill(unseen);
  const lowCounters = new Int32Array(lowSlots).fill(unseen);
  const weights = new Float64Array(2 * selectorSize * nodes * count).fill(firstWeights / count);
  const contexts = new Int32Array(count);
  /** Where the counters of each context in use begin. */
  const bases = new Int32Array(count);
  const votes = new Float64Array(count);
  let weightsA = 0;
  let weightsB = 0;

  const decide = (node: number, bit: number): number => {
    const a = weightsA + node * count;
    const b = weightsB + node * count;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const counter = counters[(bases[i] as number) + node] as number;
      const vote = (stretched[counter >>> 20] as number) * (trust[counter & 1023] as number);
      votes[i] = vote;
      sum += ((weights[a + i] as number) + (weights[b + i] as number)) * vote;
    }
    const probability = Math.max(24, Math.min(65_512, squash(sum)));
    const found = coder.code(probability, bit);
    const error = ((found << 16) - probability) * (learningRate / 65_536);
    for (let i = 0; i < count; i++) {
      const change = error * (votes[i] as number);
      weights[a + i] = (weights[a + i] as number) + change;
      weights[b + i] = (weights[b + i] as number) + change;
      const slot = (bases[i] as number) + node;
      counters[slot] = updated(counters[slot] as number, found, counterLimit);
    }
    return found;
  };

  const decideAlone = (slot: number, bit: number): number => {
    const counter = lowCounters[slot] as number;
    const probability = Math.max(64, Math.min(65_472, counter >>> 16));
    const found = coder.code(probability, bit);
    lowCounters[slot] = updated(counter, found, counterLimit);
    return found;
  };

  /** What is beyond the unary part, Elias gamma: its length from counters, its bits as they are. */
  const codeRest = (rest: number): number => {
    const length = 31 - Math.clz32(rest);
    let bits = 0;
    while (bits < maxRestBits && decideAlone(bits, length > bits ? 1 : 0) === 1) bits++;
    let value = 1;
    for (let place = bits - 1; place >= 0; place--) {
      value = (value << 1) | coder.code(32_768, (rest >> place) & 1);
    }
    return value;
  };

  const codeLow = (high: number, magnitude: number, shift: number, sign: number): number => {
    const form = restSlots + ((shift * 2 + sign) * 8 + Math.min(7, high)) * 4;
    let value = high;
    let seen = 1;
    for (let place = shift - 1; place >= 0; place--) {
      const bit = (magnitude >> place) & 1;
      const isModelled = shift - 1 - place < 2;
      const found = isModelled ? decideAlone(form + seen, bit) : coder.code(32_768, bit);
      seen = seen * 2 + found;
      value = (value << 1) | found;
    }
    return value;
  };

  return {
    contexts,
    code: (residual, shift, first, second) => {
      for (let i = 0; i < count; i++) {
        bases[i] = ((starts[i] as number) + (contexts[i] as number)) * nodes;
      }
      weightsA = first * nodes * count;
      weightsB = (selectorSize + second) * nodes * count;
      const sign = decide(0, residual < 0 ? 1 : 0);
      const magnitude = residual < 0 ? -1 - residual : residual;
      const high = magnitude >> shift;
      const start = 1 + sign * maxUnary;
      let found = 0;
      while (found < maxUnary && decide(start + found, high > found ? 1 : 0) === 1) found++;
      if (found === maxUnary) found += codeRest(high - maxUnary + 1) - 1;
      const value = codeLow(found, magnitude, shift, sign);
      return sign === 1 ? -1 - value : value;
    },
  };
}

function startsOf(sizes: readonly number[]): Int32Array {
  const starts = new Int32Array(sizes.length + 1);
  for (const [index, size] of sizes.entries()) starts[index + 1] = (starts[index] as number) + size;
  return starts;
}

const maxUnary = 24;
/** The sign, and the unary part for each sign. */
const nodes = 1 + 2 * maxUnary;
const maxRestBits = 17;
const restSlots = 32;
const lowSlots = restSlots + 16 * 2 * 8 * 4;
/** Of one set, together. */
const firstWeights = 1.2;
const learningRate = 0.006;
const counterLimit = 255;
