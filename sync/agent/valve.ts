import type { Clock } from '../core/clock.ts';
import { firstPace, type Pace, paceAfter, type Reading, sliceBytes } from './pace.ts';
import type { Pacing } from './ports.ts';

/**
 * Lets the bytes of all uploads leave at one pace, in small slices; STAT first. Then a request of which nothing has left
 * gets a slice, which its connection carries without growing its window; then the oldest is brought to its end, so that
 * few are half sent when the link is cut, and each connection is full or at rest.
 */
export interface Valve {
  /** For the body of one request; nothing of it leaves while it is held, which ends without a word. */
  pacing(isStat: boolean, isHeld?: () => boolean): Pacing;
  /** While a STAT pack is under way nothing else leaves. */
  stat(isUnderWay: boolean): void;
  pace(): Pace;
  /** What a reading of the link means for the pace; whether the pace was the limit is known here. */
  judge(reading: Omit<Reading, 'isLimit' | 'nowMs'>): void;
}

interface Waiter {
  /** Of its request: the older ones come first. */
  readonly turn: number;
  /** Nothing of its request has left: its connection carries a slice at once. */
  readonly isFirst: boolean;
  readonly isStat: boolean;
  readonly wantedBytes: number;
  isHeld(): boolean;
  give(sizeBytes: number): void;
}

/** What nobody used of the pace is forgotten in about two seconds; less than a seventh of them, and it is the limit. */
const memoryMs = 2_000;
const limitShare = 0.15;
/** When nothing left for so long, nobody had anything to send: that says nothing of the link. */
const idleMs = 5_000;

/** Whether something is still held is looked at this often. */
const heldMs = 50;

const never = new AbortController().signal;

function inTurn(a: Waiter, b: Waiter): number {
  const byKind = Number(b.isStat) - Number(a.isStat) || Number(b.isFirst) - Number(a.isFirst);
  return byKind || a.turn - b.turn;
}

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
    const all = [...waiters].filter((waiter) => (waiter.isStat || !isStat) && !waiter.isHeld());
    return all.sort(inTurn)[0];
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
    for (;;) {
      const waiter = next();
      if (waiter === undefined) {
        if (![...waiters].some((each) => each.isHeld())) break;
        await clock.wait(heldMs, never);
        continue;
      }
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
    pacing(ofStat, isHeld = () => false) {
      const turn = turns++;
      let hasLeft = false;
      return (wantedBytes, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) return resolve(0);
          const waiter: Waiter = {
            ...{ turn, isFirst: !hasLeft, wantedBytes, isStat: ofStat, isHeld },
            give(sizeBytes) {
              signal.removeEventListener('abort', onAbort);
              hasLeft ||= sizeBytes > 0;
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
