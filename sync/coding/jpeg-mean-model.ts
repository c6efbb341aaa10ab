import type { BitCoder } from './bit-coder.ts';
import { predictedMean } from './jpeg-edges.ts';
import { createResidualModel } from './residual-model.ts';
import { level, quarter, shiftOf, signed } from './scales.ts';

/** Codes the first coefficient of blocks, when all others of the block are known. */
export interface MeanModel {
  openFrame(blocks: number, blocksAcross: number): void;
  /** The block is the same as the one before it, so nothing was missed. */
  skip(index: number, left: number): void;
  /** `block` holds the others; a decoder ignores its first. Answers the first one. */
  code(
    here: Int16Array,
    past: Int16Array | undefined,
    steps: Uint16Array,
    index: number,
    left: number,
    above: number,
    block: Int16Array,
    inside: number,
  ): number;
}

/**
 * Four ways to tell it: pixels go on over the border above, or to the left; it changed since the frame before as its
 * neighbours did; it did not change. They are blended by how far off they were nearby.
 */
export function createMeanModel(coder: BitCoder): MeanModel {
  const residuals = createResidualModel(coder, [160, 40 * 16, 81 * 16, 40 * 40, 40 * 16, 12 * 40]);
  const { contexts } = residuals;
  const told = new Float64Array(ways);
  let misses = new Float64Array(0);
  let lefts = new Int32Array(0);
  let across = 0;

  const blended = (left: number, above: number, isUsable: number): number => {
    let sum = 0;
    let weights = 0;
    const right = above >= 0 && (above + 1) % across !== 0 ? above + 1 : above;
    for (let way = 0; way < ways; way++) {
      if (((isUsable >> way) & 1) === 0) continue;
      let off = 0.3;
      if (left >= 0) off += misses[left * ways + way] as number;
      if (above >= 0) off += misses[above * ways + way] as number;
      if (right >= 0) off += misses[right * ways + way] as number;
      const weight = 1 / (off * off);
      sum += weight * (told[way] as number);
      weights += weight;
    }
    return weights > 0 ? sum / weights : 0;
  };

  return {
    openFrame: (blocks, blocksAcross) => {
      misses = new Float64Array(blocks * ways);
      lefts = new Int32Array(blocks);
      across = blocksAcross;
    },
    skip: (index, left) => {
      for (let way = 0; way < ways; way++) {
        const miss = left < 0 ? 0 : (misses[left * ways + way] as number);
        misses[index * ways + way] = way === 3 ? 0 : miss;
      }
    },
    code: (here, past, steps, index, left, above, block, inside) => {
      let isUsable = 0;
      const a = above < 0 ? 0 : (here[above * 64] as number);
      const l = left < 0 ? 0 : (here[left * 64] as number);
      if (above >= 0) {
        told[0] = predictedMean(here, above * 64, block, steps, 8);
        isUsable |= 1;
      }
      if (left >= 0) {
        told[1] = predictedMean(here, left * 64, block, steps, 1);
        isUsable |= 2;
      }
      let change = 0;
      let before = 0;
      if (past !== undefined) {
        before = past[index * 64] as number;
        if (above >= 0) change += a - (past[above * 64] as number);
        if (left >= 0) change += l - (past[left * 64] as number);
        if (above >= 0 && left >= 0) change /= 2;
        told[2] = before + change;
        told[3] = before;
        isUsable |= 12;
      }
      const mean = Math.max(-32_000, Math.min(32_000, blended(left, above, isUsable)));
      const rounded = Math.floor(mean + 0.5);
      const leftOff = left < 0 ? 0 : Math.abs(lefts[left] as number);
      const aboveOff = above < 0 ? 0 : Math.abs(lefts[above] as number);
      const right = above >= 0 && (above + 1) % across !== 0 ? above + 1 : above;
      const rightOff = right < 0 ? 0 : Math.abs(lefts[right] as number);
      const spread = leftOff * 2 + aboveOff * 2 + rightOff;
      const spreadLevel = level(spread);
      const scale = 1 / Math.max(1, spread / 5);
      const rest = mean - rounded;
      const ab = isUsable & 1 ? (told[0] as number) - mean : 0;
      const le = isUsable & 2 ? (told[1] as number) - mean : 0;
      const be = past === undefined ? 0 : before - mean;
      const insideLevel = Math.min(15, level(inside));
      const pastLevel = past === undefined ? 11 : Math.min(10, levelOf(change * 2));
      contexts[0] = spreadLevel * 4 + quarter(rest);
      contexts[1] = spreadLevel * 16 + insideLevel;
      contexts[2] =
        (signed(ab * scale) * 9 + signed(le * scale)) * 16 + Math.min(15, spreadLevel >> 1);
      contexts[3] = levelOf(ab - le) * 40 + spreadLevel;
      contexts[4] = levelOf(be * 2) * 16 + Math.floor((rest + 0.5) * 7.99) * 2 + (be < 0 ? 1 : 0);
      contexts[5] = pastLevel * 40 + spreadLevel;
      const shift = shiftOf(spread * 3.6);
      const off = residuals.code(
        (block[0] as number) - rounded,
        shift,
        Math.min(31, spreadLevel),
        insideLevel,
      );
      const value = Math.max(-32_768, Math.min(32_767, rounded + off));
      lefts[index] = Math.max(-32_767, Math.min(32_767, off));
      for (let way = 0; way < ways; way++) {
        misses[index * ways + way] = Math.abs((told[way] as number) - value);
      }
      return value;
    },
  };
}

function levelOf(value: number): number {
  return level(Math.min(1_000_000, Math.abs(value)) | 0);
}

const ways = 4;
