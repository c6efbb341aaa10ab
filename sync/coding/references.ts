/** A frame that both ends know. */
export interface CodedFrame {
  readonly samples: Uint16Array;
  readonly misses: Uint8Array;
  /** Samples of a row. */
  readonly width: number;
}

/** Frames that are kept as references, and so the largest distance. */
export const mostDistance = 64;

/**
 * How far back in `past` the frame lies that resembles `samples` most, 0 when none has its size. Slices need not come
 * in order: every frame of the last few is compared, at one place of 61.
 */
export function referenceOf(
  samples: Uint16Array,
  width: number,
  past: readonly Pick<CodedFrame, 'samples' | 'width'>[],
): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let distance = 1; distance <= past.length; distance++) {
    const other = past[past.length - distance];
    if (other?.samples.length !== samples.length || other.width !== width) continue;
    let sum = 0;
    for (let i = 0; i < samples.length && sum < least; i += 61) {
      sum += Math.abs((samples[i] as number) - (other.samples[i] as number));
    }
    if (sum < least) {
      least = sum;
      best = distance;
    }
  }
  return best;
}
