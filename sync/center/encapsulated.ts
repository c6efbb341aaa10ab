import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { readAttributes } from '../dicom/attributes.ts';
import { explicitBigEndian, explicitLittleEndian, implicitLittleEndian } from '../dicom/element.ts';
import { readFileHeader } from '../dicom/part10.ts';
import { asciiText } from '../dicom/text.ts';
import { transferSyntax } from '../dicom/transfer-syntaxes.ts';
import { walk } from '../dicom/walk.ts';

/** Encapsulated PDF Storage (PS3.4 B.5). */
export const encapsulatedPdfStorage = '1.2.840.10008.5.1.4.1.1.104.1';

/** A PDF that came inside a DICOM object, and the study it says it belongs to. */
export interface EncapsulatedPdf {
  readonly studyInstanceUid: string | undefined;
  readonly accessionNumber: string;
  /** A view of the object's bytes. */
  readonly document: Uint8Array;
}

/** Takes the PDF out of a Part 10 object of Encapsulated PDF Storage (PS3.3 C.24.2). */
export function readEncapsulatedPdf(
  part10: Uint8Array,
): Result<EncapsulatedPdf, Fault<'report/not-pdf'>> {
  const header = readFileHeader(part10);
  if (!header.ok) return refused(header.fault.message);
  if (header.value.sopClassUid !== encapsulatedPdfStorage) {
    return refused('it is no Encapsulated PDF object');
  }
  const { transferSyntaxUid, fileHeaderSizeBytes } = header.value;
  if (transferSyntaxUid === transferSyntax.deflated) return refused('its dataset is deflated');
  const dataset = part10.subarray(fileHeaderSizeBytes);
  const attributes = readAttributes(dataset, header.value, true);
  if (!attributes.ok) return refused(attributes.fault.message);
  const values = documentValues(dataset, transferSyntaxUid);
  const value = values.get(encapsulatedDocument);
  if (asciiText(values.get(mimeType)) !== 'application/pdf' || value === undefined) {
    return refused('it holds no document of type application/pdf');
  }
  const { studyInstanceUid, accessionNumber } = attributes.value;
  // The value is padded to an even length (PS3.5 7.1.1); a PDF ends with a line end, never with a zero byte.
  const document = value.at(-1) === 0 ? value.subarray(0, -1) : value;
  return ok({ studyInstanceUid, accessionNumber, document });
}

function documentValues(
  dataset: Uint8Array,
  transferSyntaxUid: string,
): ReadonlyMap<number, Uint8Array> {
  const view = new DataView(dataset.buffer, dataset.byteOffset, dataset.byteLength);
  const values = new Map<number, Uint8Array>();
  walk(view, encodingOf(transferSyntaxUid), ({ tag, valueAt, length = 0 }) => {
    if (tag === encapsulatedDocument || tag === mimeType) {
      values.set(tag, dataset.subarray(valueAt, valueAt + length));
    }
  });
  return values;
}

function encodingOf(transferSyntaxUid: string) {
  if (transferSyntaxUid === transferSyntax.implicitLittleEndian) return implicitLittleEndian;
  return transferSyntaxUid === transferSyntax.explicitBigEndian
    ? explicitBigEndian
    : explicitLittleEndian;
}

function refused(reason: string) {
  return fail(
    fault(
      'report/not-pdf',
      `Cannot read the report: ${reason}`,
      'Drop the report as a PDF or a text file named by its accession number',
    ),
  );
}

const encapsulatedDocument = 0x00420011;
const mimeType = 0x00420012;
