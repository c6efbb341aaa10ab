import {
  type Element,
  type Encoding,
  hasLongLength,
  isItemTag,
  numberSizeBytes,
  readElement,
} from './element.ts';
import { paddingOf } from './encode.ts';
import { tag } from './tags.ts';
import { insideOf, maxSequenceDepth } from './walk.ts';

/** How a dataset is to be written anew. */
export interface Recoding {
  readonly from: Encoding;
  /** Little endian; the one without representations loses them. */
  readonly to: Encoding;
  /** The value representation of an attribute where `from` does not carry it; `UN` when nobody knows. */
  readonly vrOf: (tag: number) => string;
  /** Elements of the top level that take the place of those with their tag, or come new. */
  readonly instead?: ReadonlyMap<number, { readonly vr: string; readonly value: Uint8Array }>;
}

/** The dataset breaks off, or is none. */
export class UnreadableDataset extends Error {}

/**
 * The dataset in another encoding, as pieces that share its buffer where they can. Values stay as they are but for
 * their byte order; sequences and items are ended by delimiters; group lengths, which would lie, go. Encapsulated
 * pixels have to be among `instead`. Throws `UnreadableDataset`.
 */
export function recode(dataset: Uint8Array, recoding: Recoding): readonly Uint8Array[] {
  const writer = new Recoder(dataset, recoding);
  const left = new Map([...(recoding.instead ?? [])].sort(([a], [b]) => a - b));
  const writeBefore = (number: number): void => {
    for (const [at, { vr, value }] of left) {
      if (at > number) break;
      writer.value(at, vr, value);
      left.delete(at);
    }
  };
  writer.elements(0, dataset.length, recoding.from, 0, (number) => {
    const isReplaced = recoding.instead?.has(number) ?? false;
    writeBefore(number);
    return !isReplaced;
  });
  writeBefore(Number.POSITIVE_INFINITY);
  return writer.pieces;
}

/** The items of encapsulated pixels: the offset table, then the fragments (PS3.5 A.4). Throws `UnreadableDataset`. */
export function fragmentsOf(dataset: Uint8Array, from: Encoding): readonly Uint8Array[] {
  const reader = new Recoder(dataset, { from, to: from, vrOf: () => 'UN' });
  reader.elements(0, dataset.length, from, 0, (number) => number !== tag.PixelData);
  return reader.fragments;
}

class Recoder {
  readonly pieces: Uint8Array[] = [];
  readonly fragments: Uint8Array[] = [];
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #recoding: Recoding;

  constructor(bytes: Uint8Array, recoding: Recoding) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#recoding = recoding;
  }

  /** Elements from `at` to `end`, or to the delimiter of their item; where they end. */
  elements(
    at: number,
    end: number | undefined,
    encoding: Encoding,
    depth: number,
    isWanted: (number: number) => boolean = () => true,
  ): number {
    let next = at;
    while (end === undefined || next < end) {
      const element = readElement(this.#view, next, encoding) ?? unreadable('it is cut off');
      if (end === undefined && element.tag === tag.ItemDelimitationItem) return element.valueAt;
      if (isItemTag(element.tag)) return unreadable('an item is out of place');
      const isKept = element.tag % 0x10000 !== 0 && isWanted(element.tag);
      next = isKept
        ? this.#element(element, end, encoding, depth)
        : this.#skip(element, encoding, depth);
      if (next > (end ?? this.#bytes.length)) return unreadable('a value is cut off');
    }
    return next;
  }

  value(number: number, vr: string, value: Uint8Array): void {
    const isOdd = value.length % 2 === 1;
    this.#head(number, vr, value.length + Number(isOdd));
    this.pieces.push(value);
    if (isOdd) this.pieces.push(Uint8Array.of(paddingOf(vr)));
  }

  #element(element: Element, end: number | undefined, encoding: Encoding, depth: number): number {
    const { tag: number, valueAt, length } = element;
    const vr = element.vr === '' || element.vr === '??' ? this.#recoding.vrOf(number) : element.vr;
    if (length === undefined || vr === 'SQ') {
      if (number === tag.PixelData) return unreadable('its pixels are encapsulated');
      this.#head(number, 'SQ', undefined);
      const sequenceEnd = length === undefined ? undefined : valueAt + length;
      const next = this.#items(valueAt, sequenceEnd, insideOf(element, encoding), depth + 1);
      this.#delimiter(tag.SequenceDelimitationItem);
      return next;
    }
    const valueEnd = valueAt + length;
    if (valueEnd > (end ?? this.#bytes.length)) return unreadable('a value is cut off');
    const value = this.#bytes.subarray(valueAt, valueEnd);
    this.value(number, vr, encoding.isLittleEndian ? value : swapped(value, numberSizeBytes(vr)));
    return valueEnd;
  }

  #items(at: number, end: number | undefined, encoding: Encoding, depth: number): number {
    if (depth > maxSequenceDepth) return unreadable('its sequences are too deep');
    let next = at;
    while (end === undefined || next < end) {
      const item = readElement(this.#view, next, encoding) ?? unreadable('it is cut off');
      if (end === undefined && item.tag === tag.SequenceDelimitationItem) return item.valueAt;
      if (item.tag !== tag.Item) return unreadable('a sequence holds something but items');
      const itemEnd = item.length === undefined ? undefined : item.valueAt + item.length;
      if ((itemEnd ?? 0) > (end ?? this.#bytes.length)) return unreadable('an item is cut off');
      this.#head(tag.Item, '', undefined);
      next = this.elements(item.valueAt, itemEnd, encoding, depth);
      this.#delimiter(tag.ItemDelimitationItem);
    }
    return next;
  }

  /** Passes over an element that is not wanted: fragments, or whatever else it holds. */
  #skip(element: Element, encoding: Encoding, depth: number): number {
    if (element.length !== undefined) return element.valueAt + element.length;
    if (element.tag === tag.PixelData) return this.#skipFragments(element.valueAt, encoding);
    const kept = this.pieces.length;
    const next = this.#items(element.valueAt, undefined, insideOf(element, encoding), depth + 1);
    this.pieces.length = kept;
    return next;
  }

  #skipFragments(at: number, encoding: Encoding): number {
    let next = at;
    for (;;) {
      const item = readElement(this.#view, next, encoding) ?? unreadable('it is cut off');
      if (item.tag === tag.SequenceDelimitationItem) return item.valueAt;
      next = item.valueAt + (item.length ?? unreadable('a fragment has no length'));
      if (next > this.#bytes.length) return unreadable('a fragment is cut off');
      this.fragments.push(this.#bytes.subarray(item.valueAt, next));
    }
  }

  #head(number: number, vr: string, length: number | undefined): void {
    const isExplicit = this.#recoding.to.isExplicit && number !== tag.Item;
    const isTooLong = isExplicit && !hasLongLength(vr) && (length ?? 0) > 0xfffe;
    // What a short length field cannot hold goes out as unknown (PS3.5 6.2.2, note 5).
    const written = isTooLong || !/^[A-Z]{2}$/.test(vr) ? 'UN' : vr;
    const isLong = !isExplicit || hasLongLength(written);
    const head = new Uint8Array(isExplicit && isLong ? 12 : 8);
    const view = new DataView(head.buffer);
    view.setUint16(0, Math.floor(number / 0x10000), true);
    view.setUint16(2, number % 0x10000, true);
    if (isExplicit)
      for (const [index, at] of [4, 5].entries()) head[at] = written.charCodeAt(index);
    if (isLong) view.setUint32(head.length - 4, length ?? 0xffffffff, true);
    else view.setUint16(6, length ?? 0, true);
    this.pieces.push(head);
  }

  #delimiter(number: number): void {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, Math.floor(number / 0x10000), true);
    view.setUint16(2, number % 0x10000, true);
    this.pieces.push(bytes);
  }
}

function unreadable(reason: string): never {
  throw new UnreadableDataset(reason);
}

/** Every group of `width` bytes the other way round; what is left at the end stays. */
export function swapped(value: Uint8Array, width: number): Uint8Array {
  if (width === 1) return value;
  const out = value.slice();
  for (let at = 0; at + width <= out.length; at += width) out.subarray(at, at + width).reverse();
  return out;
}
