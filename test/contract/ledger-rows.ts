import type { InstanceFacts, LedgerEntry, OutgoingRow, ReportRow } from '#sync/center/rows.ts';

export const at = '2026-01-15T12:00:00.000Z';

export const packId = (n: number): string => n.toString(16).padStart(64, '0');
export const packOf = (n: number) => ({
  packId: packId(n),
  kind: 'data' as const,
  signer: 'aa'.repeat(32),
  uid: n.toString(16).padStart(32, '0'),
  stream: 'bb'.repeat(16),
  sequence: String(n),
  takenAt: at,
});

export const instance = (
  uid: string,
  digest: string,
  more: Partial<InstanceFacts> = {},
): InstanceFacts => ({
  sopInstanceUid: uid,
  datasetSha256: digest.repeat(64).slice(0, 64),
  studyInstanceUid: '2.25.1',
  seriesInstanceUid: '2.25.2',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  sizeBytes: 1_000,
  instanceNumber: 1,
  enteredAs: 'planned',
  ...more,
});

export const studyOf = (uid: string, firstAt = at) => ({
  studyInstanceUid: uid,
  box: 'aa'.repeat(32),
  site: 'CM-BAF-01',
  group: 'cc'.repeat(16),
  firstAt,
});

export function entryOf(
  n: number,
  instances: readonly InstanceFacts[],
  uid = '2.25.1',
): LedgerEntry {
  return { pack: packOf(n), study: studyOf(uid), instances };
}

export function manifestEntry(
  n: number,
  version: number,
  list: readonly InstanceFacts[] | undefined,
  more: { readonly study?: string; readonly isStat?: boolean; readonly accession?: string } = {},
): LedgerEntry {
  const study = more.study ?? '2.25.1';
  return {
    pack: { ...packOf(n), kind: 'manifest' },
    study: studyOf(study),
    instances: [],
    manifest: {
      packId: packId(n),
      studyInstanceUid: study,
      version,
      isStat: more.isStat ?? false,
      accessionNumber: more.accession ?? 'A1',
      modality: 'CT',
      instanceCount: list?.length ?? 0,
      patient: { id: 'P1', birth: '19700101', sex: 'O' },
      hasList: list !== undefined,
    },
    ...(list && { list }),
  };
}

export const receiptOf = (n: number, manifest: number): OutgoingRow => ({
  packId: packId(n),
  kind: 'receipt',
  subject: packId(manifest),
  studyInstanceUid: '2.25.1',
  class: 1,
  group: 'cc'.repeat(16),
  sizeBytes: 4_000,
  state: 'sealed',
  sealedAt: at,
});

export const reportRow: ReportRow = {
  reportId: 'dd'.repeat(16),
  version: 1,
  studyInstanceUid: '2.25.1',
  registerNo: 'R-1',
  status: 'final',
  isCritical: false,
  sourceSha256: 'ee'.repeat(32),
  documentSha256: 'ff'.repeat(32),
  packId: null,
  state: 'waiting',
};
