import { isoOf } from '#sync/core/clock.ts';
import type { UnassignedList } from '../api/contract-media.ts';
import type { StudyRecord } from '../ports-studies.ts';

type Unassigned = UnassignedList['studies'][number];

/** The entry of a study that a person has to do with, or undefined when it needs nobody. */
export function unassignedOf(
  record: StudyRecord,
  row: Pick<Unassigned, 'takenAt' | 'arrivedAt' | 'instanceCount'>,
): Unassigned | undefined {
  const { outside, assigned, isIdentified } = record;
  if (outside === null && isIdentified) return undefined;
  return {
    studyInstanceUid: record.studyInstanceUid,
    kind: outside === null ? 'needs identity' : 'outside',
    patientId: record.patientId,
    patientName: record.patientName,
    patientBirthDate: record.patientBirthDate,
    studyDescription: record.studyDescription,
    modality: record.modality,
    takenAt: row.takenAt,
    arrivedAt: row.arrivedAt,
    callingAeTitle: record.callingAeTitle,
    instanceCount: row.instanceCount,
    assigned: assigned && { by: assigned.by, at: isoOf(assigned.atMs) },
    releasedAt: outside?.releasedAtMs == null ? null : isoOf(outside.releasedAtMs),
  };
}
