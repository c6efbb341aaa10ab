import { type Area, areasOfRange } from './areas.ts';
import { areasOfObject } from './part10-areas.ts';

/** The areas of ranges that lie one after another, in places of the whole. */
export function areasOfParts(
  ranges: readonly {
    readonly bytes: Uint8Array;
    readonly from: number;
    readonly areas?: readonly Area[] | undefined;
  }[],
): readonly Area[] {
  const all: Area[] = [];
  let at = 0;
  for (const { bytes, from, areas } of ranges) {
    // The object may be longer than its first range, so its size is left open.
    const known = areas ?? (from === 0 ? areasOfObject(bytes, Number.POSITIVE_INFINITY) : []);
    for (const area of areasOfRange(known, from, from + bytes.length)) {
      all.push({ ...area, from: area.from + at, to: area.to + at });
    }
    at += bytes.length;
  }
  return all;
}
