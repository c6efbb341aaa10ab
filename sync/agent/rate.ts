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

/** Without an acknowledged byte for this long a request is given up. */
const silenceMs = 45_000;

/** How long a request of `sizeBytes` may take: four times what is expected and ten seconds, 45 seconds at least. */
export function deadlineMs(sizeBytes: number, rate: number, parallel: number): number {
  const expectedMs = rate > 0 ? (sizeBytes * 1000 * parallel) / rate : 0;
  return Math.max(silenceMs, 4 * expectedMs + 10_000);
}
