import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { type ByteSource, createByteSource } from './byte-source.ts';
import { vrOf } from './dictionary.ts';
import {
  type Element,
  type Encoding,
  isItemTag,
  isText,
  numberSizeBytes,
  readElement,
} from './element.ts';
import { areItems } from './items.ts';
import { tag } from './tags.ts';
import { transferSyntax } from './transfer-syntaxes.ts';
import { encodingOf } from './values.ts';
import { insideOf, maxSequenceDepth } from './walk.ts';

/** Values up to this length are looked into: text to unpad, items without a value representation. */
const mostSeenBytes = 1024 * 1024;
/** What a deflated dataset may grow to. */
const mostInflatedBytes = 4 * 1024 ** 3;

/**
 * The canonical digest, lower-case hex: equal for two encodings of one object, so it tells a resend in another
 * encoding from another object. It covers tags, values in little endian without their padding, items and fragments,
 * and leaves out how they were written: group lengths, defined or undefined lengths, trailing padding. The value
 * representation is left out too, since implicit encodings do not carry it; therefore text is unpadded where the
 * dictionary knows the attribute and is exact elsewhere. Where in doubt digests differ: never the other way.
 *
 * Reads `dataset` (all behind group 0002) once, holds about 1 MiB, never throws. Undefined: not a whole dataset, or
 * its pieces could not be read, or a deflated one grows beyond `mostBytes`.
 */
export async function canonicalSha256(
  dataset: AsyncIterable<Uint8Array>,
  transferSyntaxUid: string,
  mostBytes = mostInflatedBytes,
): Promise<string | undefined> {
  const isDeflated = transferSyntaxUid === transferSyntax.deflated;
  const pieces = (isDeflated ? inflated(dataset, mostBytes) : dataset)[Symbol.asyncIterator]();
  try {
    const source = createByteSource(pieces);
    const head = viewOf(await source.peek(8));
    if (head.byteLength === 0) return undefined;
    const reader = new Reader(source);
    await reader.elements(encodingOf(head, transferSyntaxUid), 'dataset', 0);
    return reader.hash.digest('hex');
  } catch {
    return undefined;
  } finally {
    await pieces.return?.().catch(() => undefined);
  }
}

async function* inflated(
  dataset: AsyncIterable<Uint8Array>,
  mostBytes: number,
): AsyncGenerator<Uint8Array> {
  const inflate = createInflateRaw();
  const source = Readable.from(dataset);
  source.on('error', (cause) => inflate.destroy(cause));
  source.pipe(inflate);
  let sizeBytes = 0;
  try {
    for await (const bytes of inflate) {
      sizeBytes += bytes.length;
      if (sizeBytes > mostBytes) return malformed('it inflates without end');
      yield bytes;
    }
  } finally {
    source.destroy();
    inflate.destroy();
  }
}

/** Where elements or items end: with the dataset, at a position, or at their delimiter. */
type End = 'dataset' | 'delimiter' | number;

/** What stands before each part in the hashed bytes, so that no two structures hash alike. */
const mark = { value: 0, sequence: 1, item: 2, end: 3, fragments: 4, fragment: 5 };

class Reader {
  readonly hash: Hash = createHash('sha256');
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  async elements(encoding: Encoding, end: End, depth: number): Promise<void> {
    while (this.#source.position() !== end) {
      const head = viewOf(await this.#source.peek(12));
      if (end === 'dataset' && head.byteLength === 0) return;
      const element = readElement(head, 0, encoding);
      if (element === undefined) return malformed('an element is cut off');
      await this.#skip(element.valueAt);
      if (end === 'delimiter' && element.tag === tag.ItemDelimitationItem) return;
      if (isItemTag(element.tag)) return malformed('an item is out of place');
      this.#check(element.length, end);
      if (isLeftOut(element.tag)) await this.#skip(element.length ?? malformed('no length'));
      else await this.#element(element, encoding, depth);
    }
  }

  async #element(element: Element, encoding: Encoding, depth: number): Promise<void> {
    const { tag: number, length } = element;
    const vr = vrOfElement(element);
    const inside = insideOf(element, encoding);
    if (length === undefined) {
      const isFragments = number === tag.PixelData || vr === 'OB' || vr === 'OW';
      return isFragments
        ? this.#fragments(number, encoding)
        : this.#items(number, inside, 'delimiter', depth + 1);
    }
    const isItems = vr === 'SQ' || (vr === 'UN' && (await this.#startsItems(length, inside)));
    if (isItems) return this.#items(number, inside, this.#source.position() + length, depth + 1);
    if (isPadded(knownVr(number)) && length <= mostSeenBytes) return this.#text(number, length);
    this.#mark(mark.value, number, length + (length % 2));
    await this.#bytes(length, encoding.isLittleEndian ? 1 : numberSizeBytes(element.vr));
    if (length % 2 === 1) this.hash.update(Uint8Array.of(0));
  }

  /** A sequence without items is an empty value: an encoding that has no `SQ` shows it so. */
  async #items(number: number, encoding: Encoding, end: End, depth: number): Promise<void> {
    if (depth > maxSequenceDepth) return malformed('its sequences are too deep');
    let count = 0;
    while (this.#source.position() !== end) {
      const item = readElement(viewOf(await this.#source.peek(8)), 0, encoding);
      if (item === undefined) return malformed('a sequence is cut off');
      await this.#skip(8);
      if (end === 'delimiter' && item.tag === tag.SequenceDelimitationItem) break;
      if (item.tag !== tag.Item) return malformed('a sequence holds something but items');
      this.#check(item.length, end);
      if (count++ === 0) this.#mark(mark.sequence, number, 0);
      this.#mark(mark.item, 0, 0);
      const { length } = item;
      const itemEnd = length === undefined ? 'delimiter' : this.#source.position() + length;
      await this.elements(encoding, itemEnd, depth);
    }
    this.#mark(count === 0 ? mark.value : mark.end, number, 0);
  }

  async #fragments(number: number, encoding: Encoding): Promise<void> {
    this.#mark(mark.fragments, number, 0);
    for (;;) {
      const item = readElement(viewOf(await this.#source.peek(8)), 0, encoding);
      if (item === undefined) return malformed('its fragments are cut off');
      await this.#skip(8);
      if (item.tag === tag.SequenceDelimitationItem) return this.#mark(mark.end, number, 0);
      if (item.tag !== tag.Item || item.length === undefined) return malformed('no fragment');
      this.#mark(mark.fragment, 0, item.length);
      await this.#bytes(item.length, 1);
    }
  }

  async #text(number: number, length: number): Promise<void> {
    const value = await this.#source.peek(length);
    let end = value.length;
    while (end > 0 && (value[end - 1] === 0x20 || value[end - 1] === 0)) end--;
    this.#mark(mark.value, number, end);
    this.hash.update(value.subarray(0, end));
    await this.#skip(length);
  }

  /** Hashes `length` bytes, in words of `width` bytes turned around. */
  async #bytes(length: number, width: number): Promise<void> {
    if (length % width !== 0) return malformed('a value is no whole number of words');
    if (width === 1) return this.#taken(length, (bytes) => void this.hash.update(bytes));
    const stepBytes = 64 * 1024;
    for (let left = length; left > 0; left -= stepBytes) {
      const step = Math.min(left, stepBytes);
      const words = (await this.#source.peek(step)).slice();
      for (let at = 0; at < words.length; at += width) words.subarray(at, at + width).reverse();
      this.hash.update(words);
      await this.#skip(step);
    }
  }

  async #startsItems(length: number, encoding: Encoding): Promise<boolean> {
    if (length < 8 || length > mostSeenBytes) return false;
    const first = readElement(viewOf(await this.#source.peek(8)), 0, encoding);
    return first?.tag === tag.Item && areItems(await this.#source.peek(length), encoding);
  }

  #check(length: number | undefined, end: End): void {
    if (typeof end !== 'number' || length === undefined) return;
    if (this.#source.position() + length > end) malformed('a value is longer than what holds it');
  }

  #skip(length: number): Promise<void> {
    return this.#taken(length, () => undefined);
  }

  async #taken(length: number, each: (bytes: Uint8Array) => void): Promise<void> {
    if (!(await this.#source.take(length, each))) malformed('a value is cut off');
  }

  #mark(kind: number, number: number, length: number): void {
    const bytes = new Uint8Array(9);
    const view = new DataView(bytes.buffer);
    view.setUint8(0, kind);
    view.setUint32(1, number, true);
    view.setUint32(5, length, true);
    this.hash.update(bytes);
  }
}

function malformed(reason: string): never {
  throw new Error(`Cannot canonicalise a dataset: ${reason}`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Group lengths (PS3.5 7.2) and Data Set Trailing Padding. */
function isLeftOut(number: number): boolean {
  return number % 0x10000 === 0 || number === 0xfffcfffc;
}

function vrOfElement({ vr, tag: number }: Element): string {
  return vr === '' || vr === 'UN' || vr === '??' ? knownVr(number) : vr;
}

/** By the tag alone, the same in every encoding; a private creator is LO (PS3.5 7.8.1). */
function knownVr(number: number): string {
  const [group, element] = [Math.floor(number / 0x10000), number % 0x10000];
  return group % 2 === 1 && element >= 0x10 && element <= 0xff ? 'LO' : vrOf(number);
}

function isPadded(vr: string): boolean {
  return isText(vr) || vr === 'UI';
}
