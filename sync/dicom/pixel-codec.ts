import { explicitLittleEndian, isItemTag, readElement } from './element.ts';

/**
 * The transfer syntax of encapsulated pixels (PS3.5 A.4) from the bytes behind the head of Pixel Data, for objects
 * whose file header is lost: told by the first marks of the code stream. Undefined when the bytes do not tell, as for
 * video, where the level stands nowhere. Nothing is decoded; a stream that lies is kept as it claims to be.
 */
export function transferSyntaxOfPixels(bytes: Uint8Array): string | undefined {
  const frame = firstFragment(bytes);
  if (frame === undefined) return undefined;
  if (starts(frame, [0xff, 0xd8])) return jpegSyntax(frame);
  if (starts(frame, [0xff, 0x4f, 0xff, 0x51])) return jpeg2000Syntax(frame);
  if (starts(frame, [0xff, 0x0a]) || starts(frame, jpegXlContainer)) return jpegXl;
  return isRle(frame) ? '1.2.840.10008.1.2.5' : undefined;
}

/** The first fragment behind the offset table, as far as the bytes reach. */
function firstFragment(bytes: Uint8Array): Uint8Array | undefined {
  const view = viewOf(bytes);
  const table = readElement(view, 0, explicitLittleEndian);
  if (table?.length === undefined || !isItemTag(table.tag)) return undefined;
  const first = readElement(view, table.valueAt + table.length, explicitLittleEndian);
  if (first?.length === undefined || first.length < 8 || !isItemTag(first.tag)) return undefined;
  return bytes.subarray(first.valueAt, first.valueAt + first.length);
}

/** By the frame header and, where it is lossless, by its predictor; by the allowed error of JPEG-LS. */
function jpegSyntax(frame: Uint8Array): string | undefined {
  const view = viewOf(frame);
  let coding: number | undefined;
  for (let at = 2; at + 4 <= frame.length; ) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (frameMarkers.has(marker)) coding = marker;
    if (marker === startOfScan) return jpegSyntaxOf(coding, view, at);
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

function jpegSyntaxOf(
  coding: number | undefined,
  view: DataView,
  scanAt: number,
): string | undefined {
  if (scanAt + 5 > view.byteLength) return undefined;
  // Behind length, count of components and two bytes for each: predictor (lossless) or allowed error (JPEG-LS).
  const parameterAt = scanAt + 5 + 2 * view.getUint8(scanAt + 4);
  if (parameterAt >= view.byteLength) return undefined;
  const parameter = view.getUint8(parameterAt);
  switch (coding) {
    case 0xc0:
      return '1.2.840.10008.1.2.4.50';
    case 0xc1:
      return '1.2.840.10008.1.2.4.51';
    case 0xc2:
      return '1.2.840.10008.1.2.4.55';
    case 0xc3:
      return parameter === 1 ? '1.2.840.10008.1.2.4.70' : '1.2.840.10008.1.2.4.57';
    case 0xf7:
      return parameter === 0 ? '1.2.840.10008.1.2.4.80' : '1.2.840.10008.1.2.4.81';
    default:
      return undefined;
  }
}

/** Whether nothing was cut off cannot be seen, so the class that promises least is named; it holds both. */
function jpeg2000Syntax(frame: Uint8Array): string | undefined {
  const view = viewOf(frame);
  for (let at = 2; at + 4 <= frame.length; at += 2 + view.getUint16(at + 2)) {
    const marker = view.getUint16(at);
    if (marker === highThroughput) return '1.2.840.10008.1.2.4.203';
    if (marker === codingStyle) return '1.2.840.10008.1.2.4.91';
  }
  return undefined;
}

/** A count of segments up to 15, the first of them right behind the header (PS3.5 G.5). */
function isRle(frame: Uint8Array): boolean {
  if (frame.length < 64) return false;
  const view = viewOf(frame);
  const count = view.getUint32(0, true);
  return count >= 1 && count <= 15 && view.getUint32(4, true) === 64;
}

const jpegXl = '1.2.840.10008.1.2.4.112';
const jpegXlContainer = [0, 0, 0, 0x0c, 0x4a, 0x58, 0x4c, 0x20];
const highThroughput = 0xff50;
const codingStyle = 0xff52;
const startOfScan = 0xda;
const frameMarkers: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2, 0xc3, 0xf7]);

function starts(bytes: Uint8Array, mark: readonly number[]): boolean {
  return bytes.length >= mark.length && mark.every((byte, index) => bytes[index] === byte);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
