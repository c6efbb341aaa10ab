import type { BitCoder } from './bit-coder.ts';
import { codeCount } from './jpeg-coefficient-model.ts';
import { createEdgeModel } from './jpeg-edge-model.ts';
import { createInsideModel } from './jpeg-inside-model.ts';
import { type Beside, insidePlaces, type Surroundings } from './jpeg-surroundings.ts';
import { createMixedDecisions } from './mixed-decisions.ts';
import { level } from './scales.ts';

/** Codes all of a block but its mean. */
export interface BlockModel {
  /** An encoder has filled `block`, in the order of places; a decoder gets it filled, from zeros. */
  code(around: Surroundings, beside: Beside, block: Int16Array): void;
  /** A block that is the same as the one of the frame before, or to the left where there is none. */
  skip(around: Surroundings, beside: Beside): void;
}

export function createBlockModel(coder: BitCoder): BlockModel {
  const insideCount = createMixedDecisions(coder, { contexts: countContexts, nodes: 70, sets: 1 });
  const codeInside = createInsideModel(coder);
  const codeEdge = createEdgeModel(coder);
  /** What both ends know of the block. */
  const known = new Int16Array(64);

  return {
    skip: ({ inside: counts, edges, pastInside, pastEdges }, { index, left }) => {
      const from = pastInside === undefined ? left : index;
      counts[index] = (pastInside ?? counts)[from] as number;
      edges[index * 2] = (pastEdges ?? edges)[from * 2] as number;
      edges[index * 2 + 1] = (pastEdges ?? edges)[from * 2 + 1] as number;
    },
    code: (around, beside, block) => {
      const { index, left, above, corner } = beside;
      known.fill(0);
      const counts = around.inside;
      let count = 0;
      for (let i = 0; i < 49; i++) if (block[insidePlaces[i] as number] !== 0) count++;
      const countLeft = left < 0 ? -1 : (counts[left] as number);
      const countAbove = above < 0 ? -1 : (counts[above] as number);
      const near = left < 0 ? countAbove * 2 : above < 0 ? countLeft * 2 : countLeft + countAbove;
      const pastCount = around.pastInside === undefined ? 65 : (around.pastInside[index] as number);
      const nearLevel = near < 0 ? 19 : Math.min(18, level(near));
      const pastLevel = pastCount === 65 ? 19 : Math.min(18, level(pastCount * 2));
      const { contexts } = insideCount;
      contexts[0] = near < 0 ? 129 : near;
      contexts[1] = pastCount;
      contexts[2] = nearLevel * 20 + pastLevel;
      const differs = countLeft > countAbove + 2 ? 1 : countLeft < countAbove - 2 ? 2 : 0;
      contexts[3] =
        Math.min(23, level(corner < 0 ? 0 : (counts[corner] as number) * 2)) * 4 + differs;
      insideCount.open(0);
      count = codeCount(insideCount, count);
      counts[index] = count;
      if (count > 0) codeInside(around, beside, block, known, Math.min(49, count));
      const insideLevel = Math.min(15, level(count));
      codeEdge(around, index, above, 0, block, known, insideLevel);
      codeEdge(around, index, left, 1, block, known, insideLevel);
    },
  };
}

/** How many values each context has. */
const countContexts = [130, 66, 20 * 20, 24 * 4] as const;
