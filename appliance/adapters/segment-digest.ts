import { createHash } from 'node:crypto';
import { recordHeadSizeBytes } from '../store/layout.ts';
import { blockSizeBytes } from './segment-blocks.ts';

/** SHA-256 of the dataset in the blocks of one record: without the head in front and the file header behind it. */
export interface DatasetDigest {
  /** Blocks of the record that were added so far. */
  blocks(): number;
  /** Adds the next blocks, in order; the payload ends at `payloadSizeBytes`, or goes on behind them. */
  add(blocks: readonly Uint8Array[], payloadSizeBytes: number): void;
  /** Hex; the last call. */
  end(): string;
}

export function createDatasetDigest(fileHeaderSizeBytes: number): DatasetDigest {
  const hash = createHash('sha256');
  let added = 0;
  return {
    blocks: () => added,
    add(blocks, payloadSizeBytes) {
      for (const block of blocks) {
        const at = added * blockSizeBytes - recordHeadSizeBytes;
        hash.update(block.subarray(Math.max(0, fileHeaderSizeBytes - at), payloadSizeBytes - at));
        added++;
      }
    },
    end: () => hash.digest('hex'),
  };
}
