import type { StoredReport, StudyRecord } from '#appliance/ports-studies.ts';

type Change = Partial<Omit<StudyRecord, 'counts'>> & {
  readonly counts?: Partial<StudyRecord['counts']>;
};

/** A study of the catalog with nothing in it but what `change` says. */
export function studyRecord({ counts = {}, ...change }: Change = {}): StudyRecord {
  return {
    addressee: null,
    studyInstanceUid: '2.25.1',
    patientId: 'DEMO-1',
    issuerOfPatientId: '',
    patientName: 'TEST^ALPHA',
    patientBirthDate: '19700101',
    patientSex: 'O',
    accessionNumber: 'A1',
    studyDescription: 'Head',
    studyDate: '',
    studyTime: '',
    modality: 'CT',
    priority: { level: 'routine', cause: null },
    callingAeTitle: 'CT1',
    isIdentified: true,
    firstArrivedAtMs: 0,
    lastArrivedAtMs: 0,
    seriesCount: 1,
    sizeBytes: 1_000,
    counts: {
      ...{ stored: 0, packed: 0, delivered: 0, purged: 0, damaged: 0 },
      ...{ held: 0, resend: 0, identity: 0, conflict: 0 },
      ...{ aside: 0, rejected: 0, discarded: 0 },
      ...counts,
    },
    unsealedBytes: 0,
    isListed: false,
    outside: null,
    isFromDevice: true,
    assigned: null,
    isLossy: false,
    missingCount: 0,
    isUnordered: false,
    order: undefined,
    firstSealedAtMs: null,
    custodyBytes: 0,
    lastCustodyAtMs: null,
    openPacks: [],
    deliveredAtMs: null,
    destination: null,
    purgedAtMs: null,
    isPinned: false,
    discardAskedBy: null,
    reports: [],
    ...change,
  };
}

/** A stored report of that study, shown unless `change` refuses it. */
export function reportRecord(change: Partial<StoredReport> = {}): StoredReport {
  return {
    atMs: 5,
    packId: 'c'.repeat(64),
    center: 'd'.repeat(64),
    study: '2.25.1',
    report: 'report-1',
    version: 1,
    status: 'final',
    manifest: 'e'.repeat(64),
    author: { name: 'DR DEMO', registerNo: '12345' },
    signedOffAt: '2026-01-15T12:00:00.000Z',
    documents: [['text/plain', 'f'.repeat(64), 12]],
    digest: '0'.repeat(64),
    supersedes: null,
    refusal: null,
    isOlderThanImages: false,
    ...change,
  };
}
