import { fail, ok, type Result } from '#sync/core/result.ts';
import type { StoreFault } from '../ports.ts';
import type { DiskFile } from './disk.ts';
import { type BlockPool, blockSizeBytes } from './segment-blocks.ts';
import { writeFaultOf } from './segment-fault.ts';

/** A sender that has more than this unwritten is told to stop, */
const highWaterBytes = 4 * blockSizeBytes;
/** and may go on below this. */
const lowWaterBytes = 2 * blockSizeBytes;

/** Appends the bytes of one record to its segment. */
export interface Appender {
  /** Copies `part`; false above the high-water mark. After a fault everything is swallowed. */
  push(part: Uint8Array): boolean;
  /** Resolves when a sender may go on, also after a fault or `stop`. */
  drained(): Promise<void>;
  /** The first bytes of the record, at most `maxBytes` and one block; good until `complete` or `stop`. */
  beginning(maxBytes: number): Uint8Array;
  /** Writes what is left and `tail`, and puts the complete head in place: before the rest when nothing was written yet, else last. */
  complete(
    completeHead: Uint8Array,
    tail: readonly Uint8Array[],
  ): Promise<Result<void, StoreFault>>;
  /** Gives up; resolves when no write runs any more. */
  stop(): Promise<void>;
  /** Whether bytes of the record may be in the file. */
  hasWritten(): boolean;
}

/** An appender of the record at `start`, which begins with `openHead` unless it is completed in one write. */
export function createAppender(
  file: DiskFile,
  start: number,
  openHead: Uint8Array,
  pool: BlockPool,
): Appender {
  const first = pool.take();
  let full: Uint8Array[] = [];
  let open = first;
  let openBytes = 0;
  let sizeBytes = 0;
  let inFlightBytes = 0;
  let offset = start;
  let fault: StoreFault | undefined;
  let isStopped = false;
  let isGivenBack = false;
  let writing: Promise<void> | undefined;
  let waiting: (() => void)[] = [];

  const unwrittenBytes = (): number => full.length * blockSizeBytes + openBytes + inFlightBytes;

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
        full.push(open);
        open = pool.take();
        openBytes = 0;
      }
      const piece = part.subarray(at, at + blockSizeBytes - openBytes);
      open.set(piece, openBytes);
      openBytes += piece.length;
      at += piece.length;
    }
    sizeBytes += part.length;
  }

  async function write(parts: readonly Uint8Array[]): Promise<void> {
    const at = offset;
    offset += parts.reduce((sum, part) => sum + part.length, 0);
    try {
      await file.write(parts, at);
    } catch (cause) {
      fault = writeFaultOf('write an instance', cause);
    }
  }

  async function writeFull(): Promise<void> {
    while (fault === undefined && !isStopped) {
      const block = full.shift();
      if (block === undefined) break;
      inFlightBytes = block.length;
      await write([block]);
      inFlightBytes = 0;
      // The first one stays: attributes are read from it when the record is whole.
      if (block !== first) pool.giveBack(block);
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

  gather(openHead);
  return {
    push(part) {
      if (fault !== undefined || isStopped) return true;
      gather(part);
      if (full.length > 0) writing ??= writeFull();
      return unwrittenBytes() <= highWaterBytes;
    },
    drained: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        wake();
      }),
    beginning: (maxBytes) => first.subarray(0, Math.min(sizeBytes, maxBytes)),
    async complete(completeHead, tail) {
      await writing;
      const isFirst = offset === start;
      if (isFirst) first.set(completeHead);
      if (fault === undefined) await write([open.subarray(0, openBytes), ...tail]);
      giveBackAll();
      if (fault === undefined && !isFirst) {
        offset = start;
        await write([completeHead]);
      }
      return fault === undefined ? ok(undefined) : fail(fault);
    },
    async stop() {
      isStopped = true;
      wake();
      await writing;
      giveBackAll();
    },
    hasWritten: () => offset !== start || fault !== undefined || writing !== undefined,
  };
}
