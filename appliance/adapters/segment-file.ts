import { join } from 'node:path';
import { passage } from '#sync/core/failpoint.ts';
import { firstRecordOffset } from '../store/layout.ts';
import { encodeSegmentHeader } from '../store/segment-header.ts';
import { type Disk, type WritableFile, writeAlignment } from './disk.ts';
import type { BlockPool } from './segment-blocks.ts';

/** A segment that this run writes. */
export interface SegmentFile {
  readonly name: string;
  readonly id: Uint8Array;
  readonly file: WritableFile;
  /** Behind the last durable record: where the next one starts. */
  endOffset: number;
  /** Whether the folder was synced since the file was created. */
  isNameDurable: boolean;
}

/** Where segments are made, and the blocks that they are written by. */
interface SegmentPlace {
  readonly disk: Disk;
  readonly folder: string;
  readonly pool: BlockPool;
}

/** Creates a segment and writes its header; both become durable with its first record. */
export async function createSegment(
  { disk, folder, pool }: SegmentPlace,
  { name, id, createdAtMs }: Pick<SegmentFile, 'name' | 'id'> & { readonly createdAtMs: number },
): Promise<SegmentFile> {
  const file = await disk.create(join(folder, name));
  const block = pool.take();
  try {
    const page = block.subarray(0, writeAlignment).fill(0);
    page.set(encodeSegmentHeader({ segmentId: id, createdAtMs }));
    await file.write([page], 0);
    passage('segment/begun');
  } catch (cause) {
    await file.close();
    throw cause;
  } finally {
    pool.giveBack(block);
  }
  return { name, id, file, endOffset: firstRecordOffset, isNameDurable: false };
}
