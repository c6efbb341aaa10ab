import { passage } from '#sync/core/failpoint.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { StoreFault } from '../ports-store.ts';
import type { Disk } from './disk.ts';
import { writeFaultOf } from './segment-fault.ts';
import type { SegmentFile } from './segment-file.ts';

interface Waiter {
  readonly segment: SegmentFile;
  answer(result: Result<void, StoreFault>): void;
}

/** Makes segments durable, many at once. */
export interface Flusher {
  /** Waits for the `fdatasync` that covers everything written to `segment` before the call. */
  flush(segment: SegmentFile): Promise<Result<void, StoreFault>>;
}

/**
 * The one flusher of a store: whoever waits when a round ends is in the next one, with no timer. A round is one
 * `fdatasync` of each waiting segment, all at once, so that the file system commits its journal once for all, then
 * one `fsync` of the folder when a segment is new.
 */
export function createFlusher(folder: string, disk: Disk): Flusher {
  let waiting: Waiter[] = [];
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    await undefined; // lanes that end in the same turn share the first round
    while (waiting.length > 0) {
      const round = waiting;
      waiting = [];
      const synced = await Promise.all(round.map(({ segment }) => syncFile(segment)));
      const isNewDurable = await syncNames(round);
      for (const [index, { segment, answer }] of round.entries()) {
        const own = synced[index] ?? ok(undefined);
        answer(own.ok && !segment.isNameDurable ? isNewDurable : own);
      }
    }
    isRunning = false;
  }

  async function syncNames(round: readonly Waiter[]): Promise<Result<void, StoreFault>> {
    const unnamed = round.filter(({ segment }) => !segment.isNameDurable);
    if (unnamed.length === 0) return ok(undefined);
    try {
      await disk.syncFolder(folder);
    } catch (cause) {
      return fail(writeFaultOf('make a segment durable', cause));
    }
    for (const { segment } of unnamed) segment.isNameDurable = true;
    return ok(undefined);
  }

  return {
    flush: (segment) =>
      new Promise((answer) => {
        waiting.push({ segment, answer });
        if (!isRunning) void run();
      }),
  };
}

async function syncFile(segment: SegmentFile): Promise<Result<void, StoreFault>> {
  try {
    await segment.file.sync();
    passage('segment/synced');
    return ok(undefined);
  } catch (cause) {
    return fail(writeFaultOf('make an instance durable', cause));
  }
}
