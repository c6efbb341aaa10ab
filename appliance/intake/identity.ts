import { createHash } from 'node:crypto';
import type { InstanceAttributes } from '#sync/dicom/types.ts';

/** Under which study and series an instance is kept. */
export interface StudyKey {
  /** The StudyInstanceUID, or a key of the box's own that is no legal UID. */
  readonly study: string;
  readonly series: string;
  /** False: the instance has no legal study or series UID; it is kept, shown as `needs help`, and not sent. */
  readonly isIdentified: boolean;
}

/**
 * The study that an instance belongs to. Without legal UIDs the instances of one sender and patient are kept
 * together under a key of the box's own, until a person says what they are.
 */
export function studyKeyOf(
  attributes: Pick<
    InstanceAttributes,
    'studyInstanceUid' | 'seriesInstanceUid' | 'patientId' | 'patientName'
  >,
  callingAeTitle: string,
): StudyKey {
  const { studyInstanceUid: study, seriesInstanceUid: series, patientId, patientName } = attributes;
  if (study !== undefined && series !== undefined) return { study, series, isIdentified: true };
  const name = JSON.stringify([callingAeTitle, patientId, patientName, study ?? '']);
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return { study: `needs-identity-${digest}`, series: series ?? 'unknown', isIdentified: false };
}
