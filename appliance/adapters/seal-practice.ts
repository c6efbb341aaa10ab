import { type CodedPayload, codePayload, type Level } from '#sync/coding/payload.ts';
import { concat } from '#sync/core/bytes.ts';
import { encodeElement, encodeText } from '#sync/dicom/encode.ts';
import { buildFileHeader } from '#sync/dicom/part10.ts';
import { transferSyntax } from '#sync/dicom/transfer-syntaxes.ts';

/** Levels of the first packs of a study for an idle link. */
const levels: readonly Level[] = ['fast', 'medium'];
const side = 128;

/**
 * Codes a made-up image as often as it takes until the functions behind it are compiled. What a thread codes first takes
 * twice as long otherwise, and that is the image somebody waits for.
 */
export function practise(): readonly CodedPayload[] {
  const bytes = madeUpImage();
  const range = { bytes, from: 0, sizeBytes: bytes.length };
  return levels.map((level) => codePayload([range, range], level));
}

/** A gradient with noise, as a Part 10 object; the same one each time. */
function madeUpImage(): Uint8Array {
  const pixels = new Uint8Array(side * side * 2);
  const view = new DataView(pixels.buffer);
  let noise = 1;
  for (let at = 0; at < side * side; at++) {
    noise = (Math.imul(noise, 1_103_515_245) + 12_345) & 0x7fffffff;
    const [x, y] = [at % side, Math.floor(at / side)];
    view.setUint16(at * 2, 1_000 + (((x * y) >> 4) % 900) + (noise >> 27), true);
  }
  const [sopClassUid, sopInstanceUid] = ['1.2.840.10008.5.1.4.1.1.2', '2.25.1'];
  const transferSyntaxUid = transferSyntax.explicitLittleEndian;
  return concat(
    buildFileHeader({ sopClassUid, sopInstanceUid, transferSyntaxUid, sendingAeTitle: '' }),
    encodeText(0x00080016, 'UI', sopClassUid),
    encodeText(0x00080018, 'UI', sopInstanceUid),
    number(0x00280002, 1),
    encodeText(0x00280004, 'CS', 'MONOCHROME2'),
    number(0x00280010, side),
    number(0x00280011, side),
    number(0x00280100, 16),
    number(0x00280101, 12),
    number(0x00280102, 11),
    number(0x00280103, 0),
    encodeElement(0x7fe00010, 'OW', pixels),
  );
}

function number(tag: number, value: number): Uint8Array {
  const bytes = new Uint8Array(2);
  new DataView(bytes.buffer).setUint16(0, value, true);
  return encodeElement(tag, 'US', bytes);
}
