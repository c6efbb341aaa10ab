import { concat } from '../core/bytes.ts';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { vrOf } from './dictionary.ts';
import {
  type Element,
  type Encoding,
  explicitLittleEndian,
  implicitLittleEndian,
  isItemTag,
  readElement,
} from './element.ts';
import { encodeElement, encodeImplicit } from './encode.ts';
import { tag } from './tags.ts';
import { transferSyntax } from './transfer-syntaxes.ts';
import { maxSequenceDepth } from './walk.ts';

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

/**
 * Reads a whole dataset, strictly: elements that fit, items where items belong. `bytes` are bounded by the caller
 * (64 KiB for queries, 2 MiB for what names images); the values share their buffer. Groups 0000 and 0002 are passed over.
 */
export function parseDataSet(
  bytes: Uint8Array,
  transferSyntaxUid: string,
): Result<DataSet, DataSetFault> {
  const encoding = encodingOf(transferSyntaxUid);
  if (encoding === undefined) return malformed('its transfer syntax is not for identifiers');
  try {
    return ok(new Reader(bytes).elements(0, bytes.length, bytes.length, encoding, 0).elements);
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

  /** Elements from `at` to `end`, or, when `end` is undefined, to the item delimiter that lies before `limit`. */
  elements(
    at: number,
    end: number | undefined,
    limit: number,
    encoding: Encoding,
    depth: number,
  ): { readonly elements: DataSet; readonly next: number } {
    const elements = new Map<number, DataElement>();
    let next = at;
    while (next < limit) {
      const element = readElement(this.#view, next, encoding);
      if (element === undefined) throw new Malformed('an element is cut off');
      if (end === undefined && element.tag === tag.ItemDelimitationItem) {
        return { elements, next: element.valueAt };
      }
      if (isItemTag(element.tag)) throw new Malformed('an item is out of place');
      const valueEnd = endOf(element, limit, 'a value is cut off');
      const vr = element.vr === '' ? vrOf(element.tag) : element.vr;
      if (vr === 'SQ' || valueEnd === undefined) {
        const inside = this.#items(element.valueAt, valueEnd, limit, encoding, depth + 1);
        this.#keep(elements, element.tag, { vr: 'SQ', value: inside.items });
        next = inside.next;
      } else {
        const value = this.#bytes.subarray(element.valueAt, valueEnd);
        this.#keep(elements, element.tag, { vr, value });
        next = valueEnd;
      }
    }
    if (end === undefined) throw new Malformed('an item has no end');
    return { elements, next };
  }

  #items(
    at: number,
    end: number | undefined,
    outerLimit: number,
    encoding: Encoding,
    depth: number,
  ): { readonly items: readonly DataSet[]; readonly next: number } {
    if (depth > maxSequenceDepth) throw new Malformed('its sequences are too deep');
    const limit = end ?? outerLimit;
    const items: DataSet[] = [];
    let next = at;
    while (next < limit) {
      const item = readElement(this.#view, next, encoding);
      if (item === undefined) throw new Malformed('a sequence is cut off');
      if (end === undefined && item.tag === tag.SequenceDelimitationItem) {
        return { items, next: item.valueAt };
      }
      if (item.tag !== tag.Item) throw new Malformed('a sequence holds something but items');
      const itemEnd = endOf(item, limit, 'an item is cut off');
      const inside = this.elements(item.valueAt, itemEnd, itemEnd ?? limit, encoding, depth);
      items.push(inside.elements);
      next = inside.next;
    }
    if (end === undefined) throw new Malformed('a sequence is cut off');
    return { items, next };
  }

  #keep(elements: Map<number, DataElement>, number: number, element: DataElement): void {
    if (number < 0x00040000) return;
    if (elements.has(number)) throw new Malformed('an element comes twice');
    elements.set(number, element);
  }
}

/** Where the value of `element` ends; undefined when it has no declared length. */
function endOf(element: Element, limit: number, whenBehind: string): number | undefined {
  if (element.length === undefined) return undefined;
  const end = element.valueAt + element.length;
  if (end > limit) throw new Malformed(whenBehind);
  return end;
}

function encodeElements(dataset: DataSet, encoding: Encoding): Uint8Array {
  const ascending = [...dataset].sort(([a], [b]) => a - b);
  const encode = encoding.isExplicit ? encodeElement : encodeImplicit;
  return concat(
    ...ascending.map(([number, { vr, value }]) => {
      if (value instanceof Uint8Array) return encode(number, vr, value);
      const items = value.map((item) => encodeElements(item, encoding));
      return encode(
        number,
        'SQ',
        concat(...items.map((item) => encodeImplicit(tag.Item, '', item))),
      );
    }),
  );
}
