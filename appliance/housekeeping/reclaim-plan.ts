/** A segment that nobody writes to. */
export interface SegmentUse {
  readonly segment: string;
  readonly sizeBytes: number;
  /** Payload bytes in it that are still needed. */
  readonly liveBytes: number;
}

/** At most this share of a segment is copied to free the rest. */
const mostLiveShare = 0.25;

/**
 * Segments to reclaim in this order: what costs nothing first, then what frees most for the bytes that have to be
 * copied. One that is mostly needed stays as it is.
 */
export function reclaimPlan(segments: readonly SegmentUse[]): readonly SegmentUse[] {
  return segments
    .filter(({ liveBytes, sizeBytes }) => liveBytes <= mostLiveShare * sizeBytes)
    .toSorted(
      (a, b) =>
        Number(a.liveBytes > 0) - Number(b.liveBytes > 0) ||
        a.liveBytes / a.sizeBytes - b.liveBytes / b.sizeBytes ||
        (a.segment < b.segment ? -1 : 1),
    );
}
