import type { Bell } from '../core/bell.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { joinSignals } from '../core/signals.ts';
import { DiskError, type DiskFault } from './ports-disk.ts';

export interface Loop {
  /** One step of work; returns how long to sleep, unless the bell rings before. */
  turn(signal: AbortSignal): Promise<number>;
  readonly bell: Bell;
}

export interface LoopSetting {
  readonly clock: Clock;
  readonly log: Log;
  /** Runs once before the first turn of any loop; `inner` aborts when the loops end, for whatever reason. */
  start(inner: AbortSignal): Promise<void>;
  /** The fault that pauses the work now; undefined after a turn that went well. */
  onDisk(fault: DiskFault | undefined): void;
}

/** A full disk is looked at again after this. */
const fullMs = 10_000;

/**
 * Runs loops beside one another until `outer` aborts. A full disk pauses a loop; a disk that fails ends them all with
 * its fault (exit 75: the next start recovers); a bug ends them all and is thrown.
 */
export async function runLoops(
  loops: readonly Loop[],
  setting: LoopSetting,
  outer: AbortSignal,
): Promise<DiskFault | undefined> {
  const over = new AbortController();
  const { signal: inner } = joinSignals(outer, over.signal);
  try {
    await setting.start(inner);
    const faults = new Map<Loop, DiskFault>();
    const running = loops.map((each) => {
      // A loop that works must not hide the disk of another one.
      const onDisk = (fault: DiskFault | undefined): void => {
        if (fault === undefined) faults.delete(each);
        else faults.set(each, fault);
        setting.onDisk([...faults.values()][0]);
      };
      return runLoop(each, { ...setting, onDisk }, inner).finally(() => over.abort());
    });
    const ends = await Promise.allSettled(running);
    const bug = ends.find((end) => end.status === 'rejected');
    if (bug !== undefined) throw bug.reason;
    return ends.flatMap((end) => (end.status === 'fulfilled' && end.value) || []).at(0);
  } catch (cause) {
    if (cause instanceof DiskError) return cause.fault;
    throw cause;
  } finally {
    over.abort();
  }
}

async function runLoop(
  { turn, bell }: Loop,
  { clock, log, onDisk }: LoopSetting,
  signal: AbortSignal,
): Promise<DiskFault | undefined> {
  while (!signal.aborted) {
    const seen = bell.count();
    try {
      const pauseMs = await turn(signal);
      onDisk(undefined);
      if (pauseMs > 0) await bell.after(seen, pauseMs, signal);
    } catch (cause) {
      if (!(cause instanceof DiskError)) throw cause;
      const { fault } = cause;
      onDisk(fault);
      log.error('center/disk', { code: fault.kind, reason: fault.message });
      if (fault.kind === 'center/io') return fault;
      await clock.wait(fullMs, signal);
    }
  }
  return undefined;
}
