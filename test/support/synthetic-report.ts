import { concat, utf8 } from '#sync/core/bytes.ts';
import { transferSyntax } from '#sync/dicom/transfer-syntaxes.ts';
import type { InstanceAttributes } from '#sync/dicom/types.ts';
import { uid } from '#sync/dicom/uid.ts';
import { type SyntheticInstance, syntheticObject, syntheticUid } from './synthetic-dataset.ts';

/** A report that belongs to a study; fields that are left out are those of `syntheticStudy({ seed: 1 })`. */
export interface SyntheticReport {
  readonly study?: Pick<
    InstanceAttributes,
    'studyInstanceUid' | 'patientName' | 'patientId' | 'accessionNumber'
  >;
  readonly text?: string;
}

const defaultText = 'CT head: no bleeding, no fracture.\nImpression: normal.\n';

/** A report as the file a radiologist would drop: UTF-8 text. */
export function syntheticTextReport(report: SyntheticReport = {}): Uint8Array {
  return utf8(report.text ?? defaultText);
}

/** A report as a raw PDF of one page and as an Encapsulated PDF object (PS3.3 A.45.1). */
export function syntheticPdfReport(
  report: SyntheticReport = {},
): SyntheticInstance & { readonly pdf: Uint8Array } {
  const study = report.study;
  const accessionNumber = study?.accessionNumber ?? 'A000000001';
  const pdf = pdfOf(report.text ?? defaultText);
  const attributes: InstanceAttributes = {
    sopClassUid: uid('1.2.840.10008.5.1.4.1.1.104.1'),
    sopInstanceUid: syntheticUid(`${accessionNumber}/report/instance`),
    transferSyntaxUid: uid(transferSyntax.explicitLittleEndian),
    studyInstanceUid: study?.studyInstanceUid ?? syntheticUid('CT/1/study'),
    seriesInstanceUid: syntheticUid(`${accessionNumber}/report/series`),
    patientId: study?.patientId ?? 'DEMO-0000001',
    issuerOfPatientId: 'DEMO CLINIC',
    patientName: study?.patientName ?? 'TEST^ALPHA',
    patientBirthDate: '19700101',
    patientSex: 'O',
    accessionNumber,
    modality: 'DOC',
    studyDescription: 'Synthetic head CT',
    seriesDescription: 'Report',
    bodyPartExamined: '',
    studyDate: '20260105',
    studyTime: '081500',
    instanceNumber: '1',
    isLossy: false,
  };
  const document = syntheticObject(attributes, [
    [0x00080023, 'DA', '20260105'],
    [0x0008002a, 'DT', '20260105100000'],
    [0x00080033, 'TM', '100000'],
    [0x00080064, 'CS', 'WSD'],
    [0x00280301, 'CS', 'YES'],
    [0x0040a043, 'SQ', ''],
    [0x00420010, 'ST', 'Report'],
    [0x00420011, 'OB', pdf],
    [0x00420012, 'LO', 'application/pdf'],
  ]);
  return { ...document, pdf };
}

/** A PDF of one page with a line for each line of `text` (ISO 32000-1 7.5). */
function pdfOf(text: string): Uint8Array {
  const lines = text.split('\n').map((line) => `(${line.replace(/[\\()]/g, '\\$&')}) '`);
  const page = `BT /F1 11 Tf 14 TL 60 780 Td\n${lines.join('\n')}\nET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${utf8(page).length} >>\nstream\n${page}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  const parts = [utf8('%PDF-1.4\n')];
  const offsets: number[] = [];
  for (const [index, object] of objects.entries()) {
    offsets.push(concat(...parts).length);
    parts.push(utf8(`${index + 1} 0 obj\n${object}\nendobj\n`));
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const start = concat(...parts).length;
  const size = objects.length + 1;
  parts.push(
    utf8(
      `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`,
    ),
  );
  return concat(...parts);
}
