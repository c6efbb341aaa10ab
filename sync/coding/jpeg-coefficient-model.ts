import type { BitCoder } from './bit-coder.ts';
import { unseen, updated } from './counters.ts';
import { createMixedDecisions, type MixedDecisions } from './mixed-decisions.ts';

/** Codes coefficients of one kind: whether there is one, how large in unary, its sign. */
export interface CoefficientModel {
  /** Contexts of zero and size, and those of the sign. */
  readonly sizes: Int32Array;
  readonly signs: Int32Array;
  /**
   * `set` chooses weights, `isSure` says that it is not 0. A decoder ignores the value and answers the one that was
   * coded.
   */
  code(value: number, set: number, isSure: boolean): number;
}

export function createCoefficientModel(
  coder: BitCoder,
  sizes: readonly number[],
  signs: readonly number[],
  sets: number,
): CoefficientModel {
  const size = createMixedDecisions(coder, { contexts: sizes, nodes: mostUnary + 1, sets });
  const sign = createMixedDecisions(coder, { contexts: signs, nodes: 1, sets });
  const rest = new Int32Array(16).fill(unseen);

  /** What is beyond the unary part, Elias gamma. */
  const codeRest = (value: number): number => {
    const length = 31 - Math.clz32(value);
    let bits = 0;
    while (bits < 15) {
      const counter = rest[bits] as number;
      const more = coder.code(
        Math.max(64, Math.min(65_472, counter >>> 16)),
        length > bits ? 1 : 0,
      );
      rest[bits] = updated(counter, more, 255);
      if (more === 0) break;
      bits++;
    }
    let found = 1;
    for (let place = bits - 1; place >= 0; place--) {
      found = (found << 1) | coder.code(32_768, (value >> place) & 1);
    }
    return found;
  };

  return {
    sizes: size.contexts,
    signs: sign.contexts,
    code: (value, set, isSure) => {
      size.open(set);
      const magnitude = value < 0 ? -value : value;
      if (!isSure && size.decide(0, magnitude === 0 ? 0 : 1) === 0) return 0;
      let found = 1;
      while (found <= mostUnary && size.decide(found, magnitude > found ? 1 : 0) === 1) found++;
      if (found > mostUnary) found += codeRest(magnitude - mostUnary) - 1;
      sign.open(set);
      return sign.decide(0, value < 0 ? 1 : 0) === 1 ? -found : found;
    },
  };
}

/** A whole number of 0 to `most` in unary; nodes 0 to most - 1. */
export function codeUnary(decisions: MixedDecisions, value: number, most: number): number {
  let found = 0;
  while (found < most && decisions.decide(found, value > found ? 1 : 0) === 1) found++;
  return found;
}

/** A whole number of 0 to 63: how many bits it has in unary, then those behind the first; nodes 0 to 69. */
export function codeCount(decisions: MixedDecisions, value: number): number {
  const bits = codeUnary(decisions, 32 - Math.clz32(value), 6);
  if (bits < 2) return bits;
  let seen = 1;
  for (let place = bits - 2; place >= 0; place--) {
    seen = seen * 2 + decisions.decide(6 + seen + (1 << (bits - 1)), (value >> place) & 1);
  }
  return seen;
}

const mostUnary = 14;
