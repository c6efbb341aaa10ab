import { fail, ok, type Result } from '#sync/core/result.ts';
import type { StoreFault } from '../ports.ts';
import { type RecordLayout, recordHeadSizeBytes, recordTailSizeBytes } from '../store/layout.ts';
import type { WritableFile } from './disk.ts';
import { type BlockPool, blockSizeBytes } from './segment-blocks.ts';
import { writeFaultOf } from './segment-fault.ts';

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
  /** Writes what is left, the tail where `layout` has it, and the head, all padded to the end of the record. */
  complete(
    head: Uint8Array,
    tail: Uint8Array,
    layout: RecordLayout,
  ): Promise<Result<void, StoreFault>>;
  /** Gives up; resolves when no write runs any more. */
  stop(): Promise<void>;
  /** Whether bytes of the record may be in the file. */
  hasWritten(): boolean;
}

/** An appender of the record at `start`. Its first block, which holds the head, is kept and written last. */
export function createAppender(file: WritableFile, start: number, pool: BlockPool): Appender {
  const first = pool.take();
  let full: Uint8Array[] = [];
  let open = first;
  let openBytes = recordHeadSizeBytes;
  let sizeBytes = 0;
  let inFlightBytes = 0;
  let offset = start + blockSizeBytes;
  let fault: StoreFault | undefined;
  let hasWritten = false;
  let isStopped = false;
  let isGivenBack = false;
  let writing: Promise<void> | undefined;
  let waiting: (() => void)[] = [];

  const unwrittenBytes = (): number =>
    (open === first ? 0 : blockSizeBytes) +
    full.length * blockSizeBytes +
    openBytes +
    inFlightBytes;

  function wake(): void {
    if (unwrittenBytes() > lowWaterBytes && fault === undefined && !isStopped) return;
    const resolves = waiting;
    waiting = [];
    for (const resolve of resolves) resolve();
  }

  /** Blocks are filled to the last byte; the next one is taken when there is something for it. */
  function gather(part: Uint8Array): void {
    for (let at = 0; at < part.length; ) {
      if (openBytes === blockSizeBytes) {
        if (open !== first) full.push(open);
        open = pool.take();
        openBytes = 0;
      }
      const piece = part.subarray(at, at + blockSizeBytes - openBytes);
      open.set(piece, openBytes);
      openBytes += piece.length;
      at += piece.length;
    }
  }

  async function write(parts: readonly Uint8Array[], at: number): Promise<void> {
    hasWritten = true;
    try {
      await file.write(parts, at);
    } catch (cause) {
      fault ??= writeFaultOf('write an instance', cause);
    }
  }

  async function writeFull(): Promise<void> {
    while (fault === undefined && !isStopped && full.length > 0) {
      const blocks = full;
      full = [];
      inFlightBytes = blocks.length * blockSizeBytes;
      await write(blocks, offset);
      offset += inFlightBytes;
      inFlightBytes = 0;
      for (const block of blocks) pool.giveBack(block);
      wake();
    }
    writing = undefined;
  }

  /** No write runs and none will. A block that is given back twice would be shared by two records. */
  function giveBackAll(): void {
    if (isGivenBack) return;
    isGivenBack = true;
    for (const block of new Set([first, ...full, open])) pool.giveBack(block);
    full = [];
    openBytes = 0;
  }

  return {
    push(part) {
      if (fault !== undefined || isStopped) return true;
      gather(part);
      sizeBytes += part.length;
      if (full.length > 0) writing ??= writeFull();
      return unwrittenBytes() <= highWaterBytes;
    },
    drained: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        wake();
      }),
    beginning: (maxBytes) =>
      first.subarray(recordHeadSizeBytes, recordHeadSizeBytes + Math.min(sizeBytes, maxBytes)),
    async complete(head, tail, layout) {
      gather(zeros.subarray(0, layout.tailOffset - layout.payloadOffset - layout.payloadSizeBytes));
      gather(tail);
      gather(zeros.subarray(0, layout.nextOffset - layout.tailOffset - recordTailSizeBytes));
      first.set(head);
      if (writing !== undefined) await writing;
      const last = open.subarray(0, openBytes);
      if (fault === undefined) {
        if (open === first) await write([last], start);
        else await Promise.all([write([...full, last], offset), write([first], start)]);
      }
      giveBackAll();
      return fault === undefined ? ok(undefined) : fail(fault);
    },
    async stop() {
      isStopped = true;
      wake();
      await writing;
      giveBackAll();
    },
    hasWritten: () => hasWritten,
  };
}
