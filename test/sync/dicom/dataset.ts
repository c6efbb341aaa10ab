import { concat, utf8 } from '#sync/core/bytes.ts';
import type { Encoding } from '#sync/dicom/element.ts';
import { explicitLittleEndian } from '#sync/dicom/element.ts';

/** Tag, value representation, value; `undefined` in place of a value opens an undefined length. */
export type Written = readonly [number, string, string | Uint8Array | undefined];

/** Elements as written, in any encoding; delimiters and items have the value representation ''. */
export function written(
  elements: readonly Written[],
  encoding: Encoding = explicitLittleEndian,
): Uint8Array {
  return concat(...elements.map((element) => writtenElement(element, encoding)));
}

function writtenElement([number, vr, value]: Written, encoding: Encoding): Uint8Array {
  const bytes = typeof value === 'string' ? utf8(value) : (value ?? new Uint8Array(0));
  const length = value === undefined ? 0xffffffff : bytes.length;
  const hasVr = encoding.isExplicit && vr !== '';
  const isLong = hasVr && 'OB OD OF OL OV OW SQ SV UC UN UR UT UV'.includes(vr);
  const head = new Uint8Array(isLong ? 12 : 8);
  const view = new DataView(head.buffer);
  const little = encoding.isLittleEndian;
  view.setUint16(0, Math.floor(number / 0x10000), little);
  view.setUint16(2, number % 0x10000, little);
  if (hasVr) head.set(utf8(vr), 4);
  if (!hasVr) view.setUint32(4, length, little);
  else if (isLong) view.setUint32(8, length, little);
  else view.setUint16(6, length, little);
  return concat(head, bytes);
}

export const sopClass = '1.2.840.10008.5.1.4.1.1.2';
export const sopInstance = '2.25.1';
export const study = '2.25.2';

/** The least that makes a dataset: SOP, patient, study. UIDs are of even length here. */
export const leastElements: readonly Written[] = [
  [0x00080016, 'UI', `${sopClass}\0`],
  [0x00080018, 'UI', sopInstance],
  [0x00100010, 'PN', 'TEST^ALPHA'],
  [0x0020000d, 'UI', study],
];
