import { aheadBytes } from '../wire/limits.ts';
import { type Stride, smallestPieceBytes } from './plan.ts';

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
  return bytesPerS(samples, stretchesMs(samples));
}

/** Of a stretch that a round trip fills nearly alone so much counts at least: a few bytes say little of the link. */
const leastOfStretch = 0.1;

/**
 * What the link carries when it is full, bytes a second; 0 while unknown. As `rateBytesPerS`, without the round trip
 * that the first answer of each stretch of work waits for anyhow: few bytes take nearly as long as many.
 */
export function lineBytesPerS(samples: readonly Acknowledged[], roundTripMs: number): number {
  const loadedMs = stretchesMs(samples).map((ms) =>
    Math.max(ms - roundTripMs, ms * leastOfStretch),
  );
  return bytesPerS(samples, loadedMs);
}

function bytesPerS(samples: readonly Acknowledged[], stretches: readonly number[]): number {
  const busyMs = stretches.reduce((sum, ms) => sum + ms, 0);
  const sizeBytes = samples.reduce((sum, sample) => sum + sample.sizeBytes, 0);
  return busyMs > 0 ? (sizeBytes * 1000) / busyMs : 0;
}

/** How long at least one request was under way without a pause, for each such time. */
function stretchesMs(samples: readonly Acknowledged[]): readonly number[] {
  const stretches: { readonly fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of samples.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = stretches.at(-1);
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else stretches.push({ fromMs, toMs });
  }
  return stretches.map(({ fromMs, toMs }) => toMs - fromMs);
}

/** Answers that came this long before the last one still say how fast bytes arrive at the moment. */
const lateMs = 3_000;

/** Bytes a second that arrive at the moment, by the answers of the last seconds; 0 while these are too few. */
export function arrivingBytesPerS(samples: readonly Acknowledged[]): number {
  const lastMs = Math.max(...samples.map(({ toMs }) => toMs));
  const late = samples.filter(({ toMs }) => toMs > lastMs - lateMs);
  const firstMs = Math.min(...late.map(({ toMs }) => toMs));
  if (lastMs - firstMs < lateMs / 2) return 0;
  const behind = late.filter(({ toMs }) => toMs > firstMs);
  return (behind.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) * 1000) / (lastMs - firstMs);
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

/** What may be under way at once: the link full, and more for answers, for lost packets and for what they hold up. */
const windowOfLink = 2;
const windowExtraS = 0.3;
const largestWindowBytes = aheadBytes;
/** A request this long hides its overhead, and is soon over. */
const pieceS = 0.14;
const largestPieceBytes = 1024 * 1024;

/** Bytes on their way at once in all uploads together, at a pace of `rate` bytes a second. */
export function windowBytes(rate: number, roundTripMs: number): number {
  const seconds = (windowOfLink * (roundTripMs || usualRoundTripMs)) / 1000 + windowExtraS;
  return Math.min(largestWindowBytes, Math.max(4 * smallestPieceBytes, Math.ceil(rate * seconds)));
}

const usualRoundTripMs = 600;

/** Before the link is known: fresh connections carry little more before the first acknowledgement. */
export const firstStride: Stride = { pieceBytes: 32 * 1024, aheadBytes, parallel: 8 };

/**
 * The next request at a pace of `rate` bytes a second when up to `parallel` share the window; each time-out in a row
 * (`timeouts`) halves it, down to 16 KiB.
 */
export function strideOf(rate: number, window: number, parallel: number, timeouts: number): Stride {
  const side = Math.max(1, parallel - 2);
  const wanted = Math.max(rate * pieceS, window / side);
  const whole = Math.min(largestPieceBytes, Math.max(smallestPieceBytes, Math.floor(wanted)));
  const pieceBytes = Math.max(smallestPieceBytes, Math.floor(whole / 2 ** timeouts));
  const ahead = Math.min(aheadBytes, Math.max(3 * window, 24 * pieceBytes));
  return { pieceBytes, aheadBytes: ahead, parallel: side };
}

/** As long as nothing is known of the link. */
const unknownDeadlineMs = 45_000;

/** A rate that was measured over a cut says little: however slow the link, a request is tried anew after so long. */
const longestDeadlineMs = 120_000;

/** How long a request of `sizeBytes` may take beside others: four times what is expected, and ten seconds. */
export function deadlineMs(sizeBytes: number, rate: number, parallel: number): number {
  if (rate === 0) return unknownDeadlineMs;
  return Math.min(longestDeadlineMs, (4 * sizeBytes * 1000 * parallel) / rate + 10_000);
}
