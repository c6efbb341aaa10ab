import { utf8 } from '../core/bytes.ts';
import { hasLongLength, isText } from './element.ts';

/**
 * One element in explicit little endian (PS3.5 7.1.2), its value padded to even length: UI and bytes with zero, text
 * with a space. A value that its length field cannot hold is a bug and throws.
 */
export function encodeElement(number: number, vr: string, value: Uint8Array): Uint8Array {
  const length = value.length + (value.length % 2);
  const isLong = hasLongLength(vr);
  if (length >= (isLong ? 0xffffffff : 0x10000)) {
    throw new RangeError(`Cannot encode a value of ${value.length} bytes as ${vr}`);
  }
  const head = isLong ? 12 : 8;
  const out = new Uint8Array(head + length);
  const view = new DataView(out.buffer);
  view.setUint16(0, Math.floor(number / 0x10000), true);
  view.setUint16(2, number % 0x10000, true);
  out.set(utf8(vr), 4);
  if (isLong) view.setUint32(8, length, true);
  else view.setUint16(6, length, true);
  out.set(value, head);
  if (length > value.length) out[head + value.length] = paddingOf(vr);
  return out;
}

/** One element, or an item, in implicit little endian (PS3.5 7.1.3); `vr` decides the padding alone. */
export function encodeImplicit(number: number, vr: string, value: Uint8Array): Uint8Array {
  const out = new Uint8Array(8 + value.length + (value.length % 2));
  const view = new DataView(out.buffer);
  view.setUint16(0, Math.floor(number / 0x10000), true);
  view.setUint16(2, number % 0x10000, true);
  view.setUint32(4, out.length - 8, true);
  out.set(value, 8);
  if (value.length % 2 === 1) out[8 + value.length] = paddingOf(vr);
  return out;
}

/** The byte that makes a value of odd length even (PS3.5 7.1). */
export function paddingOf(vr: string): number {
  return isText(vr) ? 0x20 : 0;
}

/** One element of text, as `encodeElement`. */
export function encodeText(number: number, vr: string, text: string): Uint8Array {
  return encodeElement(number, vr, utf8(text));
}
