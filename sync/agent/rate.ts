import { aheadBytes } from '../wire/limits.ts';
import type { Stride } from './plan.ts';

/** One request whose bytes the relay acknowledged; times are monotonic milliseconds. */
export interface Acknowledged {
  readonly fromMs: number;
  readonly toMs: number;
  readonly sizeBytes: number;
}

/** Requests that ended this long before the last one no longer count. */
const windowMs = 10_000;

/** These many of the last requests count, however old: on a slow link one may take longer than the window. */
const kept = 4;

/** The acknowledged requests that still say something about the link, with `next` added. */
export function withSample(
  samples: readonly Acknowledged[],
  next: Acknowledged,
): readonly Acknowledged[] {
  const all = [...samples, next];
  return all.filter(
    (sample, index) => index >= all.length - kept || sample.toMs > next.toMs - windowMs,
  );
}

/**
 * Acknowledged bytes a second over the time in which at least one request was under way; 0 while unknown. Pauses
 * do not count, requests side by side add up.
 */
export function rateBytesPerS(samples: readonly Acknowledged[]): number {
  let busyMs = 0;
  let coveredToMs = Number.NEGATIVE_INFINITY;
  for (const { fromMs, toMs } of [...samples].sort((a, b) => a.fromMs - b.fromMs)) {
    busyMs += Math.max(0, toMs - Math.max(fromMs, coveredToMs));
    coveredToMs = Math.max(coveredToMs, toMs);
  }
  const sizeBytes = samples.reduce((sum, sample) => sum + sample.sizeBytes, 0);
  return busyMs > 0 ? (sizeBytes * 1000) / busyMs : 0;
}

/** Seconds of data in one request: acknowledged progress stays fresh, and a pre-empted request costs little. */
const requestS = 8;
const smallestRequestBytes = 256 * 1024;
const largestRequestBytes = 2 * 1024 * 1024;

/**
 * Bytes of the next request when `parallel` share the link at `rate` bytes a second. Each time-out in a row
 * (`timeouts`) halves it, down to 32 KiB.
 */
export function requestBytes(rate: number, parallel: number, timeouts: number): number {
  const wanted = (rate * requestS) / parallel;
  const size = Math.min(largestRequestBytes, Math.max(smallestRequestBytes, Math.ceil(wanted)));
  return Math.max(32 * 1024, Math.floor(size / 2 ** timeouts));
}

/** What may be under way at once, in links full: the rest hides answers, lost packets and the gaps of each connection. */
const windowOfLink = 3;
/** On a short way a request must still be worth its overhead. */
const shortestWindowS = 0.5;
const firstWindowBytes = 384 * 1024;
const largestWindowBytes = aheadBytes;

/**
 * Bytes on their way at once in all uploads together: three times what the link holds. So it is full all the time,
 * and what stands in its queue, or is lost when it is cut, stays small. Unknown are a rate and a round trip of 0.
 */
export function windowBytes(rate: number, roundTripMs: number): number {
  if (rate === 0) return firstWindowBytes;
  const seconds = Math.max(shortestWindowS, (windowOfLink * roundTripMs) / 1000);
  return Math.min(largestWindowBytes, Math.ceil(rate * seconds));
}

/** How `parallel` uploads share the window; each time-out in a row (`timeouts`) halves the next piece, down to 16 KiB. */
export function strideOf(window: number, parallel: number, timeouts: number): Stride {
  const pieceBytes = Math.max(16 * 1024, Math.floor(window / parallel / 2 ** timeouts));
  return { pieceBytes, aheadBytes: Math.min(aheadBytes, Math.max(3 * window, 24 * pieceBytes)) };
}

/** Without an acknowledged byte for this long a request is given up. */
const silenceMs = 45_000;

/** How long a request of `sizeBytes` may take: four times what is expected and ten seconds, 45 seconds at least. */
export function deadlineMs(sizeBytes: number, rate: number, parallel: number): number {
  const expectedMs = rate > 0 ? (sizeBytes * 1000 * parallel) / rate : 0;
  return Math.max(silenceMs, 4 * expectedMs + 10_000);
}
