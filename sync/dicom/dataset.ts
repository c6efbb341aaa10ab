import { concat } from '../core/bytes.ts';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { vrOf } from './dictionary.ts';
import {
  type Encoding,
  explicitLittleEndian,
  hasLongLength,
  implicitLittleEndian,
  isItemTag,
  readElement,
} from './element.ts';
import { tag } from './tags.ts';
import { transferSyntax } from './transfer-syntaxes.ts';

/**
 * A small dataset in memory: the identifier of a query, the attributes of an order or a procedure step. Never an
 * image; those stay bytes. Keys are tags (group * 0x10000 + element); the order does not matter, encoding sorts.
 */
export type DataSet = ReadonlyMap<number, DataElement>;

export interface DataElement {
  /** Two letters; `UN` when neither the encoding nor the dictionary tells. */
  readonly vr: string;
  /** Raw bytes, padding included; or the items of a sequence (`SQ`). */
  readonly value: Uint8Array | readonly DataSet[];
}

export type DataSetFault = Fault<'dicom/malformed-dataset'>;

/** Sequences inside one another that are read (intake limits). */
const mostDepth = 32;

/**
 * Reads a whole dataset, strictly: elements that fit, items where items belong. `bytes` are bounded by the caller
 * (64 KiB for identifiers); the values share their buffer. Groups 0000 and 0002 are passed over.
 */
export function parseDataSet(
  bytes: Uint8Array,
  transferSyntaxUid: string,
): Result<DataSet, DataSetFault> {
  const encoding = encodingOf(transferSyntaxUid);
  if (encoding === undefined) return malformed('its transfer syntax is not for identifiers');
  try {
    return ok(new Reader(bytes).elements(0, bytes.length, encoding, 0).elements);
  } catch (cause) {
    if (cause instanceof Malformed) return malformed(cause.message);
    throw cause;
  }
}

/**
 * The dataset encoded for a context, tags ascending, sequences and items of defined length, values padded to even
 * length. A transfer syntax that is not for identifiers, or a value too long for its length field, is a bug: throws.
 */
export function encodeDataSet(dataset: DataSet, transferSyntaxUid: string): Uint8Array {
  const encoding = encodingOf(transferSyntaxUid);
  if (encoding === undefined) throw new RangeError('Cannot encode an identifier in this syntax');
  return encodeElements(dataset, encoding);
}

/** Identifiers travel uncompressed and in little endian (PS3.5 10.1); nothing else is accepted for them. */
function encodingOf(transferSyntaxUid: string): Encoding | undefined {
  if (transferSyntaxUid === transferSyntax.implicitLittleEndian) return implicitLittleEndian;
  if (transferSyntaxUid === transferSyntax.explicitLittleEndian) return explicitLittleEndian;
  return undefined;
}

class Malformed extends Error {}

function malformed(reason: string): Result<never, DataSetFault> {
  return fail(
    fault(
      'dicom/malformed-dataset',
      `Cannot read an identifier: ${reason}`,
      'Check the calling device: what it asks for is not encoded as the standard has it',
    ),
  );
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Elements from `at` to `end`, or to the item delimiter when `end` is undefined. */
  elements(
    at: number,
    end: number | undefined,
    encoding: Encoding,
    depth: number,
  ): { readonly elements: DataSet; readonly next: number } {
    const elements = new Map<number, DataElement>();
    const limit = end ?? this.#bytes.length;
    let next = at;
    while (next < limit) {
      const element = readElement(this.#view, next, encoding);
      if (element === undefined) throw new Malformed('an element is cut off');
      if (end === undefined && element.tag === tag.ItemDelimitationItem) {
        return { elements, next: element.valueAt };
      }
      if (isItemTag(element.tag)) throw new Malformed('an item is out of place');
      const vr = element.vr === '' ? vrOf(element.tag) : element.vr;
      const isSequence = vr === 'SQ' || element.length === undefined;
      const valueEnd = element.length === undefined ? undefined : element.valueAt + element.length;
      if (valueEnd !== undefined && valueEnd > limit) throw new Malformed('a value is cut off');
      if (isSequence) {
        const items = this.#items(element.valueAt, valueEnd, encoding, depth + 1);
        this.#keep(elements, element.tag, { vr: 'SQ', value: items.items });
        next = items.next;
      } else {
        const value = this.#bytes.subarray(element.valueAt, valueEnd);
        this.#keep(elements, element.tag, { vr, value });
        next = element.valueAt + value.length;
      }
    }
    if (end === undefined) throw new Malformed('an item has no end');
    return { elements, next };
  }

  #items(
    at: number,
    end: number | undefined,
    encoding: Encoding,
    depth: number,
  ): { readonly items: readonly DataSet[]; readonly next: number } {
    if (depth > mostDepth) throw new Malformed('its sequences are too deep');
    const items: DataSet[] = [];
    let next = at;
    while (end === undefined || next < end) {
      const item = readElement(this.#view, next, encoding);
      if (item === undefined) throw new Malformed('a sequence is cut off');
      if (end === undefined && item.tag === tag.SequenceDelimitationItem) {
        return { items, next: item.valueAt };
      }
      if (item.tag !== tag.Item) throw new Malformed('a sequence holds something but items');
      const itemEnd = item.length === undefined ? undefined : item.valueAt + item.length;
      if (itemEnd !== undefined && itemEnd > (end ?? this.#bytes.length)) {
        throw new Malformed('an item is cut off');
      }
      const inside = this.elements(item.valueAt, itemEnd, encoding, depth);
      items.push(inside.elements);
      next = inside.next;
    }
    return { items, next };
  }

  #keep(elements: Map<number, DataElement>, number: number, element: DataElement): void {
    if (number < 0x00040000) return;
    if (elements.has(number)) throw new Malformed('an element comes twice');
    elements.set(number, element);
  }
}

function encodeElements(dataset: DataSet, encoding: Encoding): Uint8Array {
  const ascending = [...dataset].sort(([a], [b]) => a - b);
  return concat(...ascending.map(([number, element]) => encodeOne(number, element, encoding)));
}

function encodeOne(number: number, { vr, value }: DataElement, encoding: Encoding): Uint8Array {
  const bytes =
    value instanceof Uint8Array
      ? padded(vr, value)
      : concat(...value.map((item) => encodeItem(encodeElements(item, encoding))));
  const isLong = !encoding.isExplicit || hasLongLength(vr);
  if (!isLong && bytes.length > 0xfffe) throw new RangeError(`Cannot encode that much as ${vr}`);
  const head = new Uint8Array(encoding.isExplicit && isLong ? 12 : 8);
  const view = new DataView(head.buffer);
  view.setUint16(0, Math.floor(number / 0x10000), true);
  view.setUint16(2, number % 0x10000, true);
  if (encoding.isExplicit) {
    head.set([vr.charCodeAt(0), vr.charCodeAt(1)], 4);
    if (isLong) view.setUint32(8, bytes.length, true);
    else view.setUint16(6, bytes.length, true);
  } else {
    view.setUint32(4, bytes.length, true);
  }
  return concat(head, bytes);
}

function encodeItem(bytes: Uint8Array): Uint8Array {
  const head = new Uint8Array(8);
  const view = new DataView(head.buffer);
  view.setUint16(0, 0xfffe, true);
  view.setUint16(2, 0xe000, true);
  view.setUint32(4, bytes.length, true);
  return concat(head, bytes);
}

/** UIDs and bytes are padded with zero, text with a space (PS3.5 6.2). */
function padded(vr: string, value: Uint8Array): Uint8Array {
  if (value.length % 2 === 0) return value;
  return concat(value, Uint8Array.of(zeroPadded.has(vr) ? 0 : 0x20));
}

const zeroPadded = new Set(['UI', 'OB', 'UN']);
