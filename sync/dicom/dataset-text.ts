import { utf8 } from '../core/bytes.ts';
import type { DataElement, DataSet } from './dataset.ts';
import { attributes, type Keyword } from './dictionary.ts';
import { asciiText, decodeText } from './text.ts';

/** Value representations whose text depends on Specific Character Set (PS3.5 6.1.2.3). */
const extended = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);

/**
 * The text of an attribute as it is written, values parted by `\`, decoded by the character set of `dataset`, or by
 * `characterSet` inside an item that has none of its own; `''` when absent, empty or a sequence. Of a value that is
 * longer than any legal one the beginning.
 */
export function textOf(
  dataset: DataSet,
  keyword: Keyword,
  characterSet = characterSetOf(dataset),
): string {
  const [number, vr] = attributes[keyword];
  const value = dataset.get(number)?.value;
  if (!(value instanceof Uint8Array)) return '';
  return extended.has(vr) ? decodeText(value, characterSet) : asciiText(value);
}

/** The raw value of Specific Character Set; `''` when absent. */
export function characterSetOf(dataset: DataSet): string {
  const value = dataset.get(attributes.SpecificCharacterSet[0])?.value;
  return value instanceof Uint8Array ? asciiText(value) : '';
}

/** The unsigned number of an attribute of VR US or UL, or undefined. */
export function numberOf(dataset: DataSet, keyword: Keyword): number | undefined {
  const value = dataset.get(attributes[keyword][0])?.value;
  if (!(value instanceof Uint8Array)) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  if (value.length === 2) return view.getUint16(0, true);
  return value.length === 4 ? view.getUint32(0, true) : undefined;
}

/** The items of a sequence; none when it is absent or empty. */
export function itemsOf(dataset: DataSet, keyword: Keyword): readonly DataSet[] {
  const value = dataset.get(attributes[keyword][0])?.value;
  return value === undefined || value instanceof Uint8Array ? [] : value;
}

/** Whether the attribute is there at all, with or without a value: a query asks for it. */
export function hasAttribute(dataset: DataSet, keyword: Keyword): boolean {
  return dataset.has(attributes[keyword][0]);
}

/** What a dataset is made of: text, a number of VR US, bytes, or items. */
export type Value = string | number | Uint8Array | readonly DataSet[];

/**
 * A dataset of these attributes. Text goes out as UTF-8: whoever sends it names ISO_IR 192, or keeps to ASCII.
 * Undefined leaves an attribute out.
 */
export function dataSetOf(values: Partial<Record<Keyword, Value | undefined>>): DataSet {
  const dataset = new Map<number, DataElement>();
  for (const [keyword, value] of Object.entries(values) as [Keyword, Value | undefined][]) {
    if (value === undefined) continue;
    const [number, vr] = attributes[keyword];
    dataset.set(number, { vr, value: encoded(value) });
  }
  return dataset;
}

function encoded(value: Value): Uint8Array | readonly DataSet[] {
  if (typeof value === 'string') return utf8(value);
  if (typeof value === 'number') return Uint8Array.of(value & 0xff, value >> 8);
  return value;
}
