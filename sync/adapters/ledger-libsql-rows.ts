import type {
  InstanceKey,
  InstanceRow,
  InstanceState,
  KnownManifest,
  OutgoingRow,
  PackRow,
  ReportRow,
  StudyRow,
} from '../center/rows.ts';
import { instanceStates } from '../center/rows.ts';
import type { Row } from '../core/database.ts';
import { reportStatuses } from '../letters/report.ts';

/** The text in a column that the schema says is TEXT NOT NULL; anything else is a bug. */
export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`Cannot read column ${column}: it is no text`);
  return value;
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : textOf(row, column);
}

/** The integer in a column of counts and sizes, all below 2^53. */
export function numberOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  throw new TypeError(`Cannot read column ${column}: it is no number`);
}

export function keyIn(row: Row): InstanceKey {
  return {
    sopInstanceUid: textOf(row, 'sop_instance_uid'),
    datasetSha256: textOf(row, 'dataset_sha256'),
  };
}

export function instanceOf(row: Row): InstanceRow {
  return {
    sopInstanceUid: textOf(row, 'sop_instance_uid'),
    datasetSha256: textOf(row, 'dataset_sha256'),
    studyInstanceUid: textOf(row, 'study'),
    seriesInstanceUid: textOf(row, 'series'),
    sopClassUid: textOf(row, 'sop_class_uid'),
    transferSyntaxUid: textOf(row, 'transfer_syntax_uid'),
    sizeBytes: numberOf(row, 'size_bytes'),
    instanceNumber: numberOf(row, 'instance_number'),
    enteredAs: oneOf(['planned', 'conflict'] as const, textOf(row, 'entered_as')),
    state: stateOf(textOf(row, 'state')),
    refusals: numberOf(row, 'refusals'),
    resentAfterCrash: numberOf(row, 'resent_after_crash'),
    lastFault: textOrNull(row, 'last_fault'),
    storedAt: textOrNull(row, 'stored_at'),
  };
}

export function stateOf(text: string): InstanceState {
  return oneOf(instanceStates, text);
}

export function packOf(row: Row): PackRow {
  return {
    packId: textOf(row, 'pack_id'),
    kind: oneOf(['data', 'manifest', 'receipt', 'control'] as const, textOf(row, 'kind')),
    signer: textOf(row, 'signer'),
    uid: textOf(row, 'uid'),
    stream: textOf(row, 'stream'),
    sequence: textOf(row, 'sequence'),
    takenAt: textOf(row, 'taken_at'),
  };
}

export function studyOf(row: Row): StudyRow {
  return {
    studyInstanceUid: textOf(row, 'study'),
    box: textOf(row, 'box'),
    site: textOf(row, 'site'),
    group: textOf(row, 'group_id'),
    firstAt: textOf(row, 'first_at'),
  };
}

export function manifestOf(row: Row): KnownManifest {
  return {
    packId: textOf(row, 'pack_id'),
    studyInstanceUid: textOf(row, 'study'),
    version: numberOf(row, 'version'),
    isStat: numberOf(row, 'is_stat') === 1,
    accessionNumber: textOf(row, 'accession_number'),
    modality: textOf(row, 'modality'),
    instanceCount: numberOf(row, 'instance_count'),
    patient: {
      id: textOf(row, 'patient_id'),
      birth: textOf(row, 'patient_birth'),
      sex: textOf(row, 'patient_sex'),
    },
    hasList: numberOf(row, 'has_list') === 1,
    isAnswered: numberOf(row, 'has_list') === 1 && numberOf(row, 'is_open') === 0,
  };
}

export function outgoingOf(row: Row): OutgoingRow {
  return {
    packId: textOf(row, 'pack_id'),
    kind: oneOf(['receipt', 'report', 'control', 'grant'] as const, textOf(row, 'kind')),
    subject: textOf(row, 'subject'),
    studyInstanceUid: textOf(row, 'study'),
    class: numberOf(row, 'class') === 0 ? 0 : 1,
    group: textOf(row, 'group_id'),
    sizeBytes: numberOf(row, 'size_bytes'),
    state: oneOf(['sealed', 'custody'] as const, textOf(row, 'state')),
    sealedAt: textOf(row, 'sealed_at'),
  };
}

export function reportOf(row: Row): ReportRow {
  return {
    reportId: textOf(row, 'report_id'),
    version: numberOf(row, 'version'),
    studyInstanceUid: textOf(row, 'study'),
    registerNo: textOf(row, 'register_no'),
    status: oneOf(reportStatuses, textOf(row, 'status')),
    isCritical: numberOf(row, 'is_critical') === 1,
    sourceSha256: textOf(row, 'source_sha256'),
    documentSha256: textOf(row, 'document_sha256'),
    packId: textOrNull(row, 'pack_id'),
    state: oneOf(['waiting', 'sealed', 'acknowledged'] as const, textOf(row, 'state')),
  };
}

function oneOf<const T extends string>(values: readonly T[], text: string): T {
  const found = values.find((value) => value === text);
  if (found === undefined) throw new TypeError('Cannot read a state of the ledger: unknown word');
  return found;
}
