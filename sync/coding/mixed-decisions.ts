import type { BitCoder } from './bit-coder.ts';
import { trust, unseen, updated } from './counters.ts';
import { squash, stretched } from './logistic.ts';

/** Decisions of one kind: each predicted by one counter for every context, their votes mixed by weights that learn. */
export interface MixedDecisions {
  /** What is known: one value for each context, below its size. */
  readonly contexts: Int32Array;
  /** Takes the contexts as they are now, and which set of weights to use, for the decisions that follow. */
  open(set: number): void;
  /** Codes one bit; a decoder ignores it. `node` tells decisions in the same contexts apart. */
  decide(node: number, bit: number): number;
}

export interface DecisionSizes {
  /** How many values each context has. */
  readonly contexts: readonly number[];
  readonly nodes: number;
  readonly sets: number;
}

export function createMixedDecisions(
  coder: BitCoder,
  { contexts: sizes, nodes, sets }: DecisionSizes,
): MixedDecisions {
  const count = sizes.length;
  const starts = Int32Array.from(sizes, (_, index) =>
    sizes.slice(0, index).reduce((sum, size) => sum + size, 0),
  );
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const counters = new Int32Array(all * nodes).fill(unseen);
  const weights = new Float64Array(sets * nodes * count).fill(firstWeights / count);
  const contexts = new Int32Array(count);
  const bases = new Int32Array(count);
  const votes = new Float64Array(count);
  let setAt = 0;

  return {
    contexts,
    open: (set) => {
      for (let i = 0; i < count; i++) {
        bases[i] = ((starts[i] as number) + (contexts[i] as number)) * nodes;
      }
      setAt = set * nodes * count;
    },
    decide: (node, bit) => {
      const from = setAt + node * count;
      let sum = 0;
      for (let i = 0; i < count; i++) {
        const counter = counters[(bases[i] as number) + node] as number;
        const vote = (stretched[counter >>> 20] as number) * (trust[counter & 1023] as number);
        votes[i] = vote;
        sum += (weights[from + i] as number) * vote;
      }
      const probability = Math.max(24, Math.min(65_512, squash(sum)));
      const found = coder.code(probability, bit);
      const error = ((found << 16) - probability) * (learningRate / 65_536);
      for (let i = 0; i < count; i++) {
        weights[from + i] = (weights[from + i] as number) + error * (votes[i] as number);
        const slot = (bases[i] as number) + node;
        counters[slot] = updated(counters[slot] as number, found, counterLimit);
      }
      return found;
    },
  };
}

/** Of one set, together. */
const firstWeights = 1.3;
const learningRate = 0.008;
const counterLimit = 255;
