import { smallestPieceBytes } from './plan.ts';
import {
  type Acknowledged,
  arrivingBytesPerS,
  lineBytesPerS,
  rateBytesPerS,
  withSample,
} from './rate.ts';

/** How fast the link is, by what any relay acknowledged; all parties of an agent share one. */
export interface Meter {
  acknowledged(sample: Acknowledged): void;
  /** Bytes a second that were acknowledged over the last requests; 0 while unknown. */
  rate(): number;
  /**
   * Bytes a second that the link carries when it is full, as the last requests with a piece of a pack tell; 0 while
   * unknown. Letters of a few KB take a round trip on any link.
   */
  line(roundTripMs: number): number;
  /** Bytes a second that arrive at the moment, or `rate` when that is more. */
  arriving(): number;
  /** Monotonic time at which the last request with bytes of a pack was answered; -Infinity before the first. */
  lastWorkMs(): number;
}

export function createMeter(): Meter {
  let samples: readonly Acknowledged[] = [];
  let telling: readonly Acknowledged[] = [];
  return {
    acknowledged(sample) {
      samples = withSample(samples, sample);
      if (sample.sizeBytes >= smallestPieceBytes) telling = withSample(telling, sample);
    },
    rate: () => rateBytesPerS(samples),
    line: (roundTripMs) => lineBytesPerS(telling, roundTripMs),
    arriving: () => Math.max(rateBytesPerS(samples), arrivingBytesPerS(samples)),
    lastWorkMs: () => samples.at(-1)?.toMs ?? Number.NEGATIVE_INFINITY,
  };
}
