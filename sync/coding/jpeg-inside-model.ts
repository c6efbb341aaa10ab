import type { BitCoder } from './bit-coder.ts';
import { createCoefficientModel } from './jpeg-coefficient-model.ts';
import { type Beside, insidePlaces, noBlock, type Surroundings } from './jpeg-surroundings.ts';
import { level } from './scales.ts';

/**
 * Codes the coefficients with a frequency in both directions: `count` of them are not 0. `known` is what both ends
 * know.
 */
export type InsideModel = (
  around: Surroundings,
  beside: Beside,
  block: Int16Array,
  known: Int16Array,
  count: number,
) => void;

export function createInsideModel(coder: BitCoder): InsideModel {
  const { sizes, signs, code } = createCoefficientModel(coder, sizeContexts, signContexts, 49);
  return ({ here, past }, { index, left, above, corner }, block, known, count) => {
    const a = above < 0 ? noBlock : here;
    const aAt = above < 0 ? 0 : above * 64;
    const l = left < 0 ? noBlock : here;
    const lAt = left < 0 ? 0 : left * 64;
    const c = corner < 0 ? noBlock : here;
    const cAt = corner < 0 ? 0 : corner * 64;
    const p = past ?? noBlock;
    const pAt = past === undefined ? 0 : index * 64;
    let rest = count;
    for (let i = 0; rest > 0 && i < 49; i++) {
      const place = insidePlaces[i] as number;
      const va = a[aAt + place] as number;
      const vl = l[lAt + place] as number;
      const vp = p[pAt + place] as number;
      const near = 13 * (Math.abs(va) + Math.abs(vl)) + 6 * Math.abs(c[cAt + place] as number);
      const nearLevel = Math.min(15, level(near >> 3));
      const pastLevel = past === undefined ? 11 : Math.min(10, level(Math.abs(vp)));
      const restLevel = Math.min(15, level(rest));
      const lower = Math.abs(known[place - 1] as number) + Math.abs(known[place - 8] as number);
      const lowerLevel = Math.min(11, level(lower));
      const round =
        Math.abs(p[pAt + place - 1] as number) +
        Math.abs(p[pAt + place - 8] as number) +
        Math.abs(p[pAt + ((place & 7) < 7 ? place + 1 : place)] as number) +
        Math.abs(p[pAt + (place < 56 ? place + 8 : place)] as number);
      sizes[0] = i * 16 + restLevel;
      sizes[1] = i * 16 + nearLevel;
      sizes[2] = (nearLevel * 12 + pastLevel) * 8 + Math.min(7, restLevel >> 1);
      sizes[3] = i * 12 + lowerLevel;
      sizes[4] = (pastLevel * 12 + lowerLevel) * 10 + Math.min(9, level(round));
      signs[0] = i * 10 + (past === undefined ? 9 : 4 + Math.max(-4, Math.min(4, vp)));
      signs[1] =
        (4 + Math.max(-4, Math.min(4, known[place - 1] as number))) * 10 +
        (4 + Math.max(-4, Math.min(4, known[place - 8] as number)));
      const value = code(block[place] as number, i, rest === 49 - i);
      block[place] = value;
      known[place] = value;
      if (value !== 0) rest--;
    }
  };
}

/** How many values each context has. */
const sizeContexts = [49 * 16, 49 * 16, 16 * 12 * 8, 49 * 12, 12 * 12 * 10] as const;
const signContexts = [49 * 10, 10 * 10] as const;
