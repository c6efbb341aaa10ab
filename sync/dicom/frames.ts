import { concat } from '../core/bytes.ts';

/**
 * The frames of encapsulated pixels from their items, the offset table first (PS3.5 A.4): one fragment a frame, or
 * all fragments one frame, or by the offset table, or where fragments begin with the first marks of a code stream.
 * Undefined when none of these gives `count` frames.
 */
export function framesOf(
  items: readonly Uint8Array[],
  count: number,
): readonly Uint8Array[] | undefined {
  const [table = new Uint8Array(), ...fragments] = items;
  if (fragments.length === count) return fragments;
  if (count === 1 && fragments.length > 0) return [concat(...fragments)];
  const starts = byTable(table, fragments) ?? byMarks(fragments);
  if (starts.length !== count || starts[0] !== 0) return undefined;
  return starts.map((start, index) => concat(...fragments.slice(start, starts[index + 1])));
}

/**
 * Indexes of the fragments that the offsets point to; undefined when one points nowhere, or back: each fragment is of
 * one frame, else a few bytes of a table would stand for a copy of megabytes.
 */
function byTable(
  table: Uint8Array,
  fragments: readonly Uint8Array[],
): readonly number[] | undefined {
  if (table.length === 0) return undefined;
  let at = 0;
  const indexes = new Map<number, number>();
  for (const [index, fragment] of fragments.entries()) {
    indexes.set(at, index);
    at += 8 + fragment.length;
  }
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const starts: number[] = [];
  for (let offset = 0; offset + 4 <= table.length; offset += 4) {
    const index = indexes.get(view.getUint32(offset, true));
    if (index === undefined || index <= (starts.at(-1) ?? -1)) return undefined;
    starts.push(index);
  }
  return starts;
}

/** JPEG and JPEG-LS begin with FFD8, JPEG 2000 with FF4F, JPEG XL with FF0A. */
function byMarks(fragments: readonly Uint8Array[]): readonly number[] {
  return fragments.flatMap(([first, second], index) =>
    first === 0xff && [0xd8, 0x4f, 0x0a].includes(second ?? 0) ? [index] : [],
  );
}
