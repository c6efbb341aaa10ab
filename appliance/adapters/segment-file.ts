import { join } from 'node:path';
import { passage } from '#sync/core/failpoint.ts';
import { firstRecordOffset } from '../store/layout.ts';
import { encodeSegmentHeader } from '../store/segment-header.ts';
import type { Disk, DiskFile } from './disk.ts';

/** A segment that this run writes. */
export interface SegmentFile {
  readonly name: string;
  readonly id: Uint8Array;
  readonly file: DiskFile;
  /** Behind the last durable record: where the next one starts. */
  endOffset: number;
  /** Whether the folder was synced since the file was created. */
  isNameDurable: boolean;
}

/** Creates a segment and writes its header; both become durable with its first record. */
export async function createSegment(
  disk: Disk,
  folder: string,
  name: string,
  id: Uint8Array,
  createdAtMs: number,
): Promise<SegmentFile> {
  const file = await disk.create(join(folder, name));
  try {
    await file.write([encodeSegmentHeader({ segmentId: id, createdAtMs })], 0);
    passage('segment/begun');
  } catch (cause) {
    await file.close();
    throw cause;
  }
  return { name, id, file, endOffset: firstRecordOffset, isNameDurable: false };
}
