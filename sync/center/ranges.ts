/** Bytes `from..to` (half-open) of a Part 10 object that was split over several packs. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** A piece of the assembled object: `range` is taken from `skip` bytes behind its start to its end. */
export interface Piece<R extends ByteRange> {
  readonly range: R;
  readonly skip: number;
}

/**
 * The pieces that together are bytes `0..sizeBytes`, in order and without overlap, or undefined while a byte is
 * missing. Ranges may overlap and repeat: a study that was sealed again is cut at other places. Ranges beyond
 * `sizeBytes` are ignored.
 */
export function coverObject<R extends ByteRange>(
  ranges: readonly R[],
  sizeBytes: number,
): readonly Piece<R>[] | undefined {
  const ordered = ranges
    .filter((range) => range.from < range.to && range.to <= sizeBytes)
    .toSorted((a, b) => a.from - b.from || b.to - a.to);
  const pieces: Piece<R>[] = [];
  let at = 0;
  for (let index = 0; at < sizeBytes; ) {
    let best: R | undefined;
    for (; index < ordered.length; index++) {
      const range = ordered[index];
      if (range === undefined || range.from > at) break;
      if (range.to > (best?.to ?? at)) best = range;
    }
    if (best === undefined) return undefined;
    pieces.push({ range: best, skip: at - best.from });
    at = best.to;
  }
  return pieces;
}
