import { fail, ok, type Result } from '#sync/core/result.ts';
import type { StoreFault } from '../ports.ts';
import type { DiskFile } from './disk.ts';
import { writeFaultOf } from './segment-fault.ts';

/** Parts are gathered until they make a write of this size. */
export const coalescedBytes = 1024 * 1024;
/** A sender that has more than this unwritten is told to stop, */
export const highWaterBytes = 4 * 1024 * 1024;
/** and may go on below this. */
const lowWaterBytes = 2 * 1024 * 1024;

/** Appends the bytes of one record to its segment. */
export interface Appender {
  /** Takes `part` over; false above the high-water mark. After a fault everything is swallowed. */
  push(part: Uint8Array): boolean;
  /** Resolves when a sender may go on, also after a fault or `stop`. */
  drained(): Promise<void>;
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
export function createAppender(file: DiskFile, start: number, openHead: Uint8Array): Appender {
  let queued: Uint8Array[] = [];
  let queuedBytes = 0;
  let inFlightBytes = 0;
  let offset = start;
  let fault: StoreFault | undefined;
  let isStopped = false;
  let writing: Promise<void> | undefined;
  let waiting: (() => void)[] = [];

  function wake(): void {
    const isRoomy = queuedBytes + inFlightBytes <= lowWaterBytes;
    if (!isRoomy && fault === undefined && !isStopped) return;
    const resolves = waiting;
    waiting = [];
    for (const resolve of resolves) resolve();
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

  async function writeQueued(): Promise<void> {
    while (queuedBytes >= coalescedBytes && fault === undefined && !isStopped) {
      const parts = offset === start ? [openHead, ...queued] : queued;
      inFlightBytes = queuedBytes;
      queued = [];
      queuedBytes = 0;
      await write(parts);
      inFlightBytes = 0;
      wake();
    }
    writing = undefined;
  }

  return {
    push(part) {
      if (fault !== undefined || isStopped) return true;
      queued.push(part);
      queuedBytes += part.length;
      if (queuedBytes >= coalescedBytes) writing ??= writeQueued();
      return queuedBytes + inFlightBytes <= highWaterBytes;
    },
    drained: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        wake();
      }),
    async complete(completeHead, tail) {
      await writing;
      const isFirst = offset === start;
      if (fault === undefined) {
        await write(isFirst ? [completeHead, ...queued, ...tail] : [...queued, ...tail]);
      }
      queued = [];
      queuedBytes = 0;
      if (fault === undefined && !isFirst) {
        offset = start;
        await write([completeHead]);
      }
      return fault === undefined ? ok(undefined) : fail(fault);
    },
    async stop() {
      isStopped = true;
      queued = [];
      queuedBytes = 0;
      wake();
      await writing;
    },
    hasWritten: () => offset !== start || fault !== undefined || writing !== undefined,
  };
}
