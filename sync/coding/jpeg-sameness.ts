import type { BitCoder } from './bit-coder.ts';
import { unseen, updated } from './counters.ts';
import type { Coefficients } from './jpeg-form.ts';

/** Whether blocks are those of the frame before, or where there is none those to the left: one decision for all of one. */
export interface Sameness {
  openFrame(blocks: number, blocksAcross: number): void;
  /** A decoder fills the block when it is the same. */
  code(here: Coefficients, past: Coefficients | undefined, index: number): boolean;
}

export function createSameness(coder: BitCoder): Sameness {
  const counters = new Int32Array(2 * 3 * 16 * 2).fill(unseen);
  let same = new Uint8Array(0);
  let across = 0;
  return {
    openFrame: (blocks, blocksAcross) => {
      same = new Uint8Array(blocks);
      across = blocksAcross;
    },
    code: (here, past, index) => {
      if (past === undefined && index === 0) return false;
      const other = past ?? here;
      const otherAt = past === undefined ? (index - 1) * 64 : index * 64;
      const at = index * 64;
      let i = 0;
      while (i < 64 && here[at + i] === other[otherAt + i]) i++;
      let near = 0;
      if (index > 0) near += same[index - 1] as number;
      if (index >= across) near += (same[index - across] as number) * 2;
      if (index > across) near += (same[index - across - 1] as number) * 4;
      if (index >= across) near += (same[index - across + 1] as number) * 8;
      const kind = past === undefined ? 0 : isFlat(other, otherAt) ? 1 : 2;
      const slot = (kind * 16 + near) * 2;
      const probability = Math.max(16, Math.min(65_520, (counters[slot] as number) >>> 16));
      const found = coder.code(probability, i === 64 ? 1 : 0);
      counters[slot] = updated(counters[slot] as number, found, 255);
      same[index] = found;
      if (found === 0) return false;
      for (let place = 0; place < 64; place++) here[at + place] = other[otherAt + place] as number;
      return true;
    },
  };
}

function isFlat(block: Coefficients, at: number): boolean {
  for (let i = 1; i < 64; i++) if (block[at + i] !== 0) return false;
  return true;
}
