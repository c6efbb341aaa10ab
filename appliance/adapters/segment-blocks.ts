import { alignedMemory } from '#sync/core/aligned-memory.ts';

/** Length of a block, and so of every write but the last one of a record. */
export const blockSizeBytes = 1024 * 1024;
/** Blocks that are kept for the next record; more are left to the collector. */
const keptBlocks = 16;

/**
 * Memory that record after record is gathered in. Bytes of a sender are copied once, so that the buffers of its
 * socket die young, and a study costs the collector next to nothing.
 */
export interface BlockPool {
  /** A block that nobody else holds, with old bytes in it. */
  take(): Uint8Array;
  /** The block is not written or read by the giver any more. */
  giveBack(block: Uint8Array): void;
}

export function createBlockPool(): BlockPool {
  const free: Uint8Array[] = [];
  return {
    take: () => free.pop() ?? alignedMemory(blockSizeBytes),
    giveBack(block) {
      if (free.length < keptBlocks) free.push(block);
    },
  };
}
