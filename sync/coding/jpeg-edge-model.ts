import type { BitCoder } from './bit-coder.ts';
import { codeUnary, createCoefficientModel } from './jpeg-coefficient-model.ts';
import { predictedOnEdge } from './jpeg-edges.ts';
import { noBlock, type Surroundings } from './jpeg-surroundings.ts';
import { createMixedDecisions } from './mixed-decisions.ts';
import { level } from './scales.ts';

/**
 * Codes the coefficients of one direction: those of the first row (`way` 0) told from the block above, those of the
 * first column (1) from the block to the left, which is `other`, -1 for none. All inside is known by then.
 */
export type EdgeModel = (
  around: Surroundings,
  index: number,
  other: number,
  way: 0 | 1,
  block: Int16Array,
  known: Int16Array,
  insideLevel: number,
) => void;

export function createEdgeModel(coder: BitCoder): EdgeModel {
  const counts = createMixedDecisions(coder, { contexts: countContexts, nodes: 8, sets: 2 });
  const { sizes, signs, code } = createCoefficientModel(coder, sizeContexts, signContexts, 14);
  return (around, index, other, way, block, known, insideLevel) => {
    const { here, past, steps, edges, pastEdges } = around;
    const stride = way === 0 ? 1 : 8;
    const across = way === 0 ? 8 : 1;
    const p = past ?? noBlock;
    const pAt = past === undefined ? 0 : index * 64;
    const o = other < 0 ? noBlock : here;
    const oAt = other < 0 ? 0 : other * 64;
    let count = 0;
    for (let i = 1, place = stride; i < 8; i++, place += stride) if (block[place] !== 0) count++;
    const otherCount = other < 0 ? 8 : (edges[other * 2 + way] as number);
    const pastCount = pastEdges === undefined ? 8 : (pastEdges[index * 2 + way] as number);
    counts.contexts[0] = (way * 16 + insideLevel) * 9 + otherCount;
    counts.contexts[1] = (way * 9 + otherCount) * 9 + pastCount;
    counts.contexts[2] = (way * 9 + pastCount) * 16 + insideLevel;
    const firstCount = way === 0 ? 0 : (edges[index * 2] as number);
    counts.contexts[3] = (way * 9 + pastCount) * 8 + firstCount;
    counts.open(way);
    let rest = codeUnary(counts, count, 7);
    edges[index * 2 + way] = rest;
    for (let i = 1, place = stride; rest > 0 && i < 8; i++, place += stride) {
      const at = way * 7 + i - 1;
      const vo = o[oAt + place] as number;
      const vp = p[pAt + place] as number;
      const told = other < 0 ? 0 : predictedOnEdge(o, oAt, known, steps, place, across);
      const e = Math.round(Math.max(-2_000, Math.min(2_000, told)));
      const toldLevel =
        other < 0 ? 15 : Math.min(14, level(Math.min(4_000, Math.abs(told) * 2) | 0));
      const pastLevel = past === undefined ? 11 : Math.min(10, level(Math.abs(vp)));
      const lower = Math.abs(known[place + across] as number);
      sizes[0] = (at * 8 + rest) * 8 + Math.min(7, level(lower));
      sizes[1] = at * 16 + toldLevel;
      sizes[2] = (toldLevel * 12 + pastLevel) * 8 + rest;
      sizes[3] =
        at * 16 +
        Math.min(
          15,
          level(Math.abs(vo) * 2 + (i > 1 ? Math.abs(known[place - stride] as number) : 0)),
        );
      sizes[4] = toldLevel * 16 + Math.min(15, level(Math.abs(e - vp)));
      const eSign = other < 0 ? 15 : 7 + Math.max(-7, Math.min(7, signedLevel(told)));
      const pSign = past === undefined ? 9 : 4 + Math.max(-4, Math.min(4, vp));
      signs[0] = at * 16 + eSign;
      signs[1] = at * 10 + pSign;
      signs[2] = eSign * 10 + pSign;
      const value = code(block[place] as number, at, rest === 8 - i);
      block[place] = value;
      known[place] = value;
      if (value !== 0) rest--;
    }
  };
}

function signedLevel(told: number): number {
  const size = told < 0 ? -told : told;
  const steps =
    size < 0.1
      ? 0
      : size < 0.25
        ? 1
        : size < 0.5
          ? 2
          : size < 1
            ? 3
            : size < 2
              ? 4
              : size < 4
                ? 5
                : size < 8
                  ? 6
                  : 7;
  return told < 0 ? -steps : steps;
}

/** How many values each context has. */
const countContexts = [2 * 16 * 9, 2 * 9 * 9, 2 * 9 * 16, 2 * 9 * 8] as const;
const sizeContexts = [14 * 8 * 8, 14 * 16, 16 * 12 * 8, 14 * 16, 16 * 16] as const;
const signContexts = [14 * 16, 14 * 10, 16 * 10] as const;
