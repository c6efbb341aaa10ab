/** What may leave at once under a cap; below zero it has to be waited for. */
export interface Bucket {
  readonly bytes: number;
  /** Monotonic time at which this was so. */
  readonly atMs: number;
}

/** A second's worth may leave in one go, and STAT, which waits for nothing, leaves ten seconds' debt at most. */
const burstS = 1;
const debtS = 10;

export function fullBucket(bytesPerS: number, nowMs: number): Bucket {
  return { bytes: bytesPerS * burstS, atMs: nowMs };
}

/** What is in it `nowMs`, under a cap that may be another one than before. */
export function refilled({ bytes, atMs }: Bucket, bytesPerS: number, nowMs: number): Bucket {
  const grown = bytes + (Math.max(0, nowMs - atMs) * bytesPerS) / 1000;
  return { bytes: Math.min(burstS * bytesPerS, grown), atMs: nowMs };
}

/** After `sizeBytes` left, whether or not there was enough. */
export function drained({ bytes, atMs }: Bucket, bytesPerS: number, sizeBytes: number): Bucket {
  return { bytes: Math.max(bytes - sizeBytes, Math.min(bytes, -debtS * bytesPerS)), atMs };
}

/** Milliseconds until something may leave; 0: now. */
export function bucketWaitMs({ bytes }: Bucket, bytesPerS: number): number {
  return bytes > 0 ? 0 : Math.ceil((1 - bytes) / (bytesPerS / 1000));
}
