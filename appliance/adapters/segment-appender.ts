import { passage } from '#sync/core/failpoint.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { StoreFault } from '../ports-store.ts';
import { type RecordLayout, recordHeadSizeBytes } from '../store/layout.ts';
import { type WritableFile, writeAlignment } from './disk.ts';
import { type BlockPool, blockSizeBytes } from './segment-blocks.ts';
import { createDatasetDigest } from './segment-digest.ts';
import { writeFaultOf } from './segment-fault.ts';
import { createGathering } from './segment-gathering.ts';

/** A sender that has more than this unwritten, the first block among it, is told to stop, */
const highWaterBytes = 4 * blockSizeBytes;
/** and may go on below this. */
const lowWaterBytes = 2 * blockSizeBytes;

const zeros = new Uint8Array(4_096);

/** Appends one record to its segment. */
export interface Appender {
  /** Copies `part` of the payload; false above the high-water mark. After a fault everything is swallowed. */
  push(part: Uint8Array): boolean;
  /** Resolves when a sender may go on, also after a fault or `stop`. */
  drained(): Promise<void>;
  /** The first bytes of the payload, at most `maxBytes` and one block; good until `complete` or `stop`. */
  beginning(maxBytes: number): Uint8Array;
  /**
   * Writes what is left, the head, and the tail that `tailOf` makes of the digest (SHA-256 of the dataset, hex), all
   * padded to the end of the record. An instance that `isAlone` is hashed while it is written, and its tail follows in
   * a write of its own: that takes less time. Among others one write takes less of the processor.
   */
  complete(
    head: Uint8Array,
    layout: RecordLayout,
    tailOf: (datasetSha256: string) => Uint8Array,
    isAlone: boolean,
  ): Promise<Result<void, StoreFault>>;
  /** Gives up; resolves when no write runs any more. */
  stop(): Promise<void>;
  /** Whether bytes of the record may be in the file. */
  hasWritten(): boolean;
}

/**
 * An appender of the record at `start`. Its first block, which holds the head, is kept and written last. The first
 * `fileHeaderSizeBytes` of the payload are no part of the digest.
 */
export function createAppender(
  file: WritableFile,
  start: number,
  fileHeaderSizeBytes: number,
  pool: BlockPool,
): Appender {
  const gathering = createGathering(pool, recordHeadSizeBytes);
  const digest = createDatasetDigest(fileHeaderSizeBytes);
  const { first } = gathering;
  let sizeBytes = 0;
  let inFlightBytes = 0;
  let offset = start + blockSizeBytes;
  let fault: StoreFault | undefined;
  let hasWritten = false;
  let isStopped = false;
  let writing: Promise<void> | undefined;
  let waiting: (() => void)[] = [];

  const unwrittenBytes = (): number => gathering.sizeBytes() + inFlightBytes;

  function wake(): void {
    if (unwrittenBytes() > lowWaterBytes && fault === undefined && !isStopped) return;
    const resolves = waiting;
    waiting = [];
    for (const resolve of resolves) resolve();
  }

  async function write(parts: readonly Uint8Array[], at: number): Promise<void> {
    hasWritten = true;
    try {
      await file.write(parts, at);
    } catch (cause) {
      fault ??= writeFaultOf('write an instance', cause);
    }
  }

  /** Each block is hashed while it is written. */
  async function writeFull(): Promise<void> {
    while (fault === undefined && !isStopped && gathering.hasFull()) {
      const blocks = gathering.takeFull();
      inFlightBytes = blocks.length * blockSizeBytes;
      const written = write(blocks, offset);
      digest.add(digest.blocks() === 0 ? [first, ...blocks] : blocks, sizeBytes);
      await written;
      offset += inFlightBytes;
      inFlightBytes = 0;
      for (const block of blocks) pool.giveBack(block);
      wake();
    }
    writing = undefined;
  }

  /** Writes everything that no write was begun for. */
  async function writeRest(full: readonly Uint8Array[]): Promise<void> {
    if (gathering.isInFirst()) await write([gathering.last()], start);
    else await Promise.all([write([...full, gathering.last()], offset), write([first], start)]);
  }

  /** The digest, with what of the dataset had no turn yet. */
  function sumUp(full: readonly Uint8Array[]): string {
    const isFirstDue = digest.blocks() === 0 && !gathering.isInFirst();
    digest.add([...(isFirstDue ? [first] : []), ...full, gathering.last()], sizeBytes);
    return digest.end();
  }

  return {
    push(part) {
      if (fault !== undefined || isStopped) return true;
      gathering.add(part);
      sizeBytes += part.length;
      if (gathering.hasFull()) writing ??= writeFull();
      return unwrittenBytes() <= highWaterBytes;
    },
    drained: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        wake();
      }),
    beginning: (maxBytes) =>
      first.subarray(recordHeadSizeBytes, recordHeadSizeBytes + Math.min(sizeBytes, maxBytes)),
    async complete(head, layout, tailOf, isAlone) {
      const roomOfTail = layout.nextOffset - layout.tailOffset;
      gathering.add(
        zeros.subarray(0, layout.tailOffset - layout.payloadOffset - layout.payloadSizeBytes),
      );
      gathering.add(zeros.subarray(0, roomOfTail));
      first.set(head);
      if (writing !== undefined) await writing;
      const last = gathering.last();
      const full = gathering.takeFull();
      if (fault === undefined && isAlone) {
        const written = writeRest(full);
        const tail = tailOf(sumUp(full));
        await written;
        passage('segment/tailless');
        last.set(tail, last.length - roomOfTail);
        const page = last.subarray(-writeAlignment);
        if (fault === undefined) await write([page], layout.nextOffset - writeAlignment);
      } else if (fault === undefined) {
        last.set(tailOf(sumUp(full)), last.length - roomOfTail);
        await writeRest(full);
      }
      for (const block of full) pool.giveBack(block);
      gathering.end();
      return fault === undefined ? ok(undefined) : fail(fault);
    },
    async stop() {
      isStopped = true;
      wake();
      await writing;
      gathering.end();
    },
    hasWritten: () => hasWritten,
  };
}
