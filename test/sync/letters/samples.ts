import { utf8 } from '#sync/core/bytes.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { buildData, type DataPiece } from '#sync/letters/data.ts';
import { buildManifest } from '#sync/letters/manifest.ts';
import { buildDeliveryReceipt, buildReportReceipt } from '#sync/letters/receipt.ts';
import { buildReport } from '#sync/letters/report.ts';

export const study = '2.25.2';
export const digest = (name: string) => datasetSha256(utf8(name));

/** A whole object of `length` bytes and the first half of a larger one. */
export const pieces: readonly DataPiece[] = [
  { datasetSha256: digest('a'), sizeBytes: 4, from: 0, to: 4, bytes: utf8('abcd') },
  { datasetSha256: digest('b'), sizeBytes: 10, from: 0, to: 5, bytes: utf8('efghi') },
];
export const data = buildData(study, 1, pieces);

const patient = {
  id: 'DEMO-1',
  issuer: 'DEMO CLINIC',
  name: 'TEST^ALPHA',
  birth: '19700101',
  sex: 'O',
};
export const listed = ['a', 'b'].map((name, index) => ({
  sopInstanceUid: `2.25.10${index}`,
  sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
  seriesInstanceUid: '2.25.3',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  datasetSha256: digest(name),
  sizeBytes: 4,
}));
export const manifestHeader = {
  study,
  version: 2,
  isStat: false,
  patient,
  accessionNumber: 'A000000001',
  modality: 'CT',
  description: 'Head',
  instanceCount: listed.length,
};
export const manifest = buildManifest(manifestHeader, listed);

export const reportHeader = {
  report: 'r-1',
  version: 1,
  status: 'final' as const,
  study,
  manifest: digest('manifest'),
  patient: { id: patient.id, birth: patient.birth, sex: patient.sex },
  author: { name: 'TEST^READER', registerNo: 'R-100' },
  signedOffAt: '2026-01-05T10:00:00.000Z',
  critical: null,
  supersedes: null,
  list: 3,
};
export const documents = [
  { type: 'text/plain' as const, bytes: utf8('Impression: normal.\n') },
  { type: 'application/pdf' as const, bytes: utf8('%PDF-1.4') },
];
export const report = buildReport(reportHeader, documents);

export const deliveryReceipt = buildDeliveryReceipt({
  study,
  manifest: digest('manifest'),
  list: 3,
  instances: listed.map(({ datasetSha256: originalDigest }) => ({
    originalDigest,
    deliveredDigest: originalDigest,
    destination: 'PACS',
    transforms: [],
  })),
});
export const reportReceipt = buildReportReceipt({
  report: 'r-1',
  version: 1,
  digest: digest('report'),
  reportPack: digest('pack'),
});
