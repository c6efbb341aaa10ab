import { passage } from '#sync/core/failpoint.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { InstanceWriter, StoreFault } from '../ports-store.ts';
import { datasetHeadSizeBytes, layoutOf, recordAlignment } from '../store/layout.ts';
import {
  completeHead,
  completeTail,
  encodeHead,
  encodeTail,
  type RecordHead,
} from '../store/record.ts';
import type { Arrival, StoredRecord } from '../store/stored-record.ts';
import { createAppender } from './segment-appender.ts';
import type { BlockPool } from './segment-blocks.ts';
import { closedFault, tooLargeFault } from './segment-fault.ts';
import type { SegmentFile } from './segment-file.ts';
import type { Flusher } from './segment-flusher.ts';
import { storedRecordOf } from './segment-record.ts';

/** What becomes of the lane when its writer is done: `clean` = go on behind the last record, else give it up. */
export type Ending = 'clean' | StoreFault | 'aborted';

export interface WriterGround {
  readonly flusher: Flusher;
  readonly pool: BlockPool;
  /** Whether no other instance is being written. */
  isAlone(): boolean;
}

/**
 * The writer of one instance at the end of `segment`, or a fault when a text of `arrival` does not fit its field.
 * `release` is called once, when the lane is free again.
 */
export function createWriter(
  segment: SegmentFile,
  arrival: Arrival,
  { flusher, pool, isAlone }: WriterGround,
  release: (ending: Ending) => void,
): Result<InstanceWriter, StoreFault> {
  const { fileHeader, ...known } = arrival;
  const openHead: RecordHead = {
    ...known,
    segmentId: segment.id,
    recordOffset: segment.endOffset,
    payloadSizeBytes: undefined,
    fileHeaderSizeBytes: fileHeader.length,
  };
  const head = encodeHead(openHead);
  if (head === undefined) return fail(tooLargeFault('a text of its announcement'));
  const headBlock: Uint8Array = head;
  const appender = createAppender(segment.file, segment.endOffset, fileHeader.length, pool);
  const datasetAt = fileHeader.length;
  let datasetBytes = 0;
  let state: 'open' | 'finishing' | 'ended' = 'open';
  appender.push(fileHeader);

  function giveUp(why: StoreFault | 'aborted'): void {
    state = 'ended';
    void appender.stop().then(() => release(appender.hasWritten() ? why : 'clean'));
  }

  async function finish(
    ids: Parameters<InstanceWriter['finish']>[0],
  ): Promise<Result<StoredRecord, StoreFault>> {
    const payloadSizeBytes = fileHeader.length + datasetBytes;
    const layout = layoutOf(segment.endOffset, payloadSizeBytes);
    const { segmentId, recordOffset } = openHead;
    const openTail = { ...ids, segmentId, recordOffset, payloadSizeBytes, datasetSha256: '' };
    const tailBytes = encodeTail(openTail);
    if (tailBytes === undefined) {
      giveUp('aborted');
      return fail(tooLargeFault('a study or series UID'));
    }
    completeHead(headBlock, payloadSizeBytes);
    let datasetSha256 = '';
    const tailOf = (sha256: string): Uint8Array => {
      datasetSha256 = sha256;
      return completeTail(tailBytes, sha256);
    };
    const written = await appender.complete(headBlock, layout, tailOf, isAlone());
    passage('segment/written');
    if (!written.ok) {
      giveUp(written.fault);
      return written;
    }
    const durable = await flusher.flush(segment);
    if (!durable.ok) {
      await voidTail(segment, layout.nextOffset, pool);
      giveUp(durable.fault);
      return durable;
    }
    passage('segment/durable');
    state = 'ended';
    segment.endOffset = layout.nextOffset;
    release('clean');
    const tail = { ...openTail, datasetSha256 };
    return ok(storedRecordOf(segment.name, openHead, tail, layout));
  }

  return ok({
    write(bytes) {
      if (state !== 'open') return true;
      datasetBytes += bytes.length;
      return appender.push(bytes);
    },
    drained: () => appender.drained(),
    head: () => appender.beginning(datasetAt + datasetHeadSizeBytes).subarray(datasetAt),
    async finish(ids) {
      if (state !== 'open') return fail(closedFault());
      state = 'finishing';
      return finish(ids);
    },
    abort() {
      if (state === 'open') giveUp('aborted');
    },
  });
}

/** The disk may show the record whole to the next run, although it did not make it durable: its last page is blanked. */
async function voidTail(segment: SegmentFile, nextOffset: number, pool: BlockPool): Promise<void> {
  const block = pool.take();
  try {
    const page = block.subarray(0, recordAlignment).fill(0);
    await segment.file.write([page], nextOffset - recordAlignment);
  } catch {
    // The disk is failing already; the fault of the sync is the one that is told.
  } finally {
    pool.giveBack(block);
  }
}
