/** Held back on the data disk, so that records and receipts still fit when everything else is full. */
const largestBallastBytes = 64 * 1024 * 1024;

/** Length of the ballast: the reserve, and at most 64 MiB. 0 = there is none. */
export function ballastBytes(reserveBytes: number): number {
  return Math.min(reserveBytes, largestBallastBytes);
}

/** What becomes of the ballast. `isShort`: it is gone although it was needed, and so it stays. */
export interface BallastStep {
  readonly do: 'nothing' | 'release' | 'fill';
  readonly isShort: boolean;
}

/**
 * The reserve keeps intake away from the last bytes; the ballast is for what fills the disk all the same. It goes when
 * less than a quarter of its length is free, and comes back when there is room for it twice beside the reserve.
 * `freeBytes` do not count it; `heldBytes` is the length that the file has now, less than the whole when it could not
 * be made.
 */
export function ballastStep(
  freeBytes: number,
  heldBytes: number,
  reserveBytes: number,
): BallastStep {
  const wholeBytes = ballastBytes(reserveBytes);
  if (wholeBytes === 0) return { do: 'nothing', isShort: false };
  if (freeBytes < wholeBytes / 4) return { do: 'release', isShort: true };
  if (heldBytes >= wholeBytes) return { do: 'nothing', isShort: false };
  const hasRoom = freeBytes >= reserveBytes + 2 * wholeBytes;
  return hasRoom ? { do: 'fill', isShort: false } : { do: 'nothing', isShort: heldBytes === 0 };
}
