import { randomBytes } from 'node:crypto';
import { segmentName } from '../store/segment-header.ts';
import type { Disk } from './disk.ts';
import type { BlockPool } from './segment-blocks.ts';
import { createSegment, type SegmentFile } from './segment-file.ts';
import type { Lane } from './segment-lanes.ts';

/** The segments that this run writes, one for each lane at a time. */
export interface SegmentRoll {
  /** The segment that `lane` goes on in; a new one when it has none or is long enough. Throws the system's error. */
  segmentOf(lane: Lane, createdAtMs: number): Promise<SegmentFile>;
  /** Ends the lane's segment; nothing is appended to it any more. */
  end(lane: Lane): Promise<void>;
  /** Cuts off what lies behind the last durable record and ends the segment; false when the disk refuses the cut. */
  cut(lane: Lane): Promise<boolean>;
  /** Behind the last durable record of a segment of this run; undefined for those of earlier runs. */
  durableEndOf(name: string): number | undefined;
  /** A lane goes on in it. */
  isOpen(name: string): boolean;
}

export function createSegmentRoll(
  folder: string,
  config: { readonly segmentSizeBytes: number; readonly lastNumber: number },
  disk: Disk,
  pool: BlockPool,
): SegmentRoll {
  const current = new Map<string, SegmentFile>();
  const ended = new Map<string, number>();
  let lastNumber = config.lastNumber;

  async function end(lane: Lane): Promise<void> {
    const { segment } = lane;
    if (segment === undefined) return;
    lane.segment = undefined;
    current.delete(segment.name);
    ended.set(segment.name, segment.endOffset);
    await segment.file.close();
  }

  async function cut(lane: Lane): Promise<boolean> {
    const { segment } = lane;
    if (segment === undefined) return true;
    const isCut = await segment.file.truncate(segment.endOffset).then(
      () => true,
      () => false,
    );
    await end(lane);
    return isCut;
  }

  return {
    end,
    cut,
    async segmentOf(lane, createdAtMs) {
      const { segment } = lane;
      if (segment !== undefined && segment.endOffset < config.segmentSizeBytes) return segment;
      await end(lane);
      const name = segmentName(lane.index, ++lastNumber);
      const created = await createSegment(
        { disk, folder, pool },
        { name, id: randomBytes(16), createdAtMs },
      );
      current.set(name, created);
      lane.segment = created;
      return created;
    },
    durableEndOf: (name) => current.get(name)?.endOffset ?? ended.get(name),
    isOpen: (name) => current.has(name),
  };
}
