import { tag } from './tags.ts';

/** How the elements of a dataset are written (PS3.5 A). */
export interface Encoding {
  readonly isExplicit: boolean;
  readonly isLittleEndian: boolean;
}

export const explicitLittleEndian: Encoding = { isExplicit: true, isLittleEndian: true };
export const implicitLittleEndian: Encoding = { isExplicit: false, isLittleEndian: true };
export const explicitBigEndian: Encoding = { isExplicit: true, isLittleEndian: false };

/** The head of one element; its value starts at `valueAt`, which may lie behind the end of the bytes. */
export interface Element {
  readonly tag: number;
  /** Two letters, or '' where the encoding has none. */
  readonly vr: string;
  readonly valueAt: number;
  /** Bytes of the value; undefined = undefined length (FFFFFFFF). */
  readonly length: number | undefined;
}

/**
 * Reads the element head at byte `at`, or answers undefined when the bytes end before it does. An illegal value
 * representation in an explicit encoding is read as if it were implicit, which is what its writers did.
 */
export function readElement(view: DataView, at: number, encoding: Encoding): Element | undefined {
  if (at + 8 > view.byteLength) return undefined;
  const little = encoding.isLittleEndian;
  const number = view.getUint16(at, little) * 0x10000 + view.getUint16(at + 2, little);
  const hasNoVr = Math.floor(number / 0x10000) === itemGroup || !encoding.isExplicit;
  const vr = hasNoVr ? '' : vrAt(view, at + 4);
  if (vr === '') return elementOf(number, vr, at + 8, view.getUint32(at + 4, little));
  if (!longVrs.has(vr)) return elementOf(number, vr, at + 8, view.getUint16(at + 6, little));
  if (at + 12 > view.byteLength) return undefined;
  return elementOf(number, vr, at + 12, view.getUint32(at + 8, little));
}

/** Whether the six bytes at `at` start an element with an explicit and known value representation. */
export function hasKnownVr(view: DataView, at: number): boolean {
  return at + 6 <= view.byteLength && knownVrs.has(vrAt(view, at + 4));
}

/** Whether elements of this value representation have a 32-bit length in an explicit encoding (PS3.5 7.1.2). */
export function hasLongLength(vr: string): boolean {
  return longVrs.has(vr);
}

/** Bytes of one number, which byte order turns around (PS3.5 7.3); 1 for all that holds none. */
export function numberSizeBytes(vr: string): number {
  return numberSizes.get(vr) ?? 1;
}

/** Whether values of this representation are text that spaces pad (PS3.5 6.2); a UI is padded with zero. */
export function isText(vr: string): boolean {
  return textVrs.has(vr);
}

/** Whether `number` is the tag of an item or of a delimiter. */
export function isItemTag(number: number): boolean {
  return (
    number === tag.Item ||
    number === tag.ItemDelimitationItem ||
    number === tag.SequenceDelimitationItem
  );
}

function elementOf(number: number, vr: string, valueAt: number, length: number): Element {
  return { tag: number, vr, valueAt, length: length === 0xffffffff ? undefined : length };
}

/** Two capital letters or `??` (an old writer's "unknown", with a short length); '' for anything else. */
function vrAt(view: DataView, at: number): string {
  const text = String.fromCharCode(view.getUint8(at), view.getUint8(at + 1));
  return /^(?:[A-Z]{2}|\?\?)$/.test(text) ? text : '';
}

const itemGroup = 0xfffe;
const textVrs = new Set('AE AS CS DA DS DT IS LO LT PN SH ST TM UC UR UT'.split(' '));
const numberSizes: ReadonlyMap<string, number> = new Map([
  ...['AT', 'OW', 'SS', 'US'].map((vr) => [vr, 2] as const),
  ...['FL', 'OF', 'OL', 'SL', 'UL'].map((vr) => [vr, 4] as const),
  ...['FD', 'OD', 'OV', 'SV', 'UV'].map((vr) => [vr, 8] as const),
]);
const longVrs = new Set('OB OD OF OL OV OW SQ SV UC UN UR UT UV'.split(' '));
const shortVrs = 'AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'.split(' ');
const knownVrs = new Set([...longVrs, ...shortVrs]);
