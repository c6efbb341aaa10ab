import type { Clock } from '../core/clock.ts';
import { firstPace, type Pace, paceAfter, type Reading, sliceBytes } from './pace.ts';
import type { Pacing } from './ports.ts';

/**
 * Lets the bytes of all uploads leave at one pace, in small slices; STAT first, then the requests in turn: a connection
 * gets no more than its own window carries, so that none has to grow one before the link is full.
 */
export interface Valve {
  /** For the body of one request; `onLeft` is called with each slice. */
  pacing(isStat: boolean, onLeft?: () => void): Pacing;
  /** While a STAT pack is under way nothing else leaves. */
  stat(isUnderWay: boolean): void;
  pace(): Pace;
  /** What a reading of the link means for the pace; whether the pace was the limit is known here. */
  judge(reading: Omit<Reading, 'isLimit' | 'nowMs'>): void;
}

interface Waiter {
  readonly turn: number;
  readonly isStat: boolean;
  readonly wantedBytes: number;
  give(sizeBytes: number): void;
}

/** What nobody used of the pace is forgotten in about two seconds; less than a seventh of them, and it is the limit. */
const memoryMs = 2_000;
const limitShare = 0.15;
/** When nothing left for so long, nobody had anything to send: that says nothing of the link. */
const idleMs = 5_000;

const never = new AbortController().signal;

export function createValve(clock: Pick<Clock, 'monotonicMs' | 'wait'>): Valve {
  const waiters = new Set<Waiter>();
  let pace = firstPace(0, clock.monotonicMs());
  let isStat = false;
  let turns = 0;
  /** May leave now; below zero is what left ahead of its time. */
  let bytes = 0;
  let atMs = clock.monotonicMs();
  let unusedMs = memoryMs;
  let leftMs = Number.NEGATIVE_INFINITY;
  let isTurning = false;

  const next = (): Waiter | undefined => {
    const all = [...waiters].filter((waiter) => waiter.isStat || !isStat);
    return all.sort((a, b) => Number(b.isStat) - Number(a.isStat) || a.turn - b.turn)[0];
  };

  /** Milliseconds until the next slice may leave. */
  const fill = (): number => {
    const nowMs = clock.monotonicMs();
    const { bytesPerS, drainedAtMs } = pace;
    const fromMs = Math.min(nowMs, Math.max(atMs, drainedAtMs));
    const full = bytes + ((nowMs - fromMs) * bytesPerS) / 1000;
    bytes = Math.min(sliceBytes(pace), full);
    unusedMs = unusedMs * Math.exp((atMs - nowMs) / memoryMs) + ((full - bytes) * 1000) / bytesPerS;
    unusedMs = Math.min(memoryMs, unusedMs);
    atMs = nowMs;
    if (drainedAtMs > nowMs) return drainedAtMs - nowMs;
    return bytes > 0 ? 0 : Math.max(1, (-bytes * 1000) / bytesPerS);
  };

  /** One slice after the other, until nobody waits. */
  async function serve(): Promise<void> {
    if (isTurning) return;
    isTurning = true;
    for (let waiter = next(); waiter !== undefined; waiter = next()) {
      const waitMs = fill();
      if (waitMs > 0) {
        await clock.wait(waitMs, never);
        continue;
      }
      waiters.delete(waiter);
      if (atMs - leftMs > idleMs) {
        unusedMs = 0;
        pace = { ...pace, changedAtMs: Math.max(pace.changedAtMs, atMs) };
      }
      leftMs = atMs;
      const sizeBytes = Math.min(waiter.wantedBytes, sliceBytes(pace));
      bytes -= sizeBytes;
      waiter.give(sizeBytes);
    }
    isTurning = false;
  }

  return {
    pacing(ofStat, onLeft) {
      return (wantedBytes, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) return resolve(0);
          const waiter: Waiter = {
            ...{ turn: turns++, wantedBytes, isStat: ofStat },
            give(sizeBytes) {
              signal.removeEventListener('abort', onAbort);
              if (sizeBytes > 0) onLeft?.();
              resolve(sizeBytes);
            },
          };
          const onAbort = (): void => {
            waiters.delete(waiter);
            waiter.give(0);
          };
          signal.addEventListener('abort', onAbort, { once: true });
          waiters.add(waiter);
          void serve();
        });
    },
    stat(isUnderWay) {
      isStat = isUnderWay;
      void serve();
    },
    pace: () => pace,
    judge(reading) {
      fill();
      const isLimit = unusedMs < limitShare * memoryMs;
      pace = paceAfter(pace, { ...reading, nowMs: clock.monotonicMs(), isLimit });
    },
  };
}
