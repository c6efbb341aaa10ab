import { createHash } from 'node:crypto';
import type { InstanceAttributes } from '#sync/dicom/types.ts';

/** Under which study and series an instance is kept. */
export interface StudyKey {
  /** The StudyInstanceUID, or one of the box's own where the dataset has no legal one. */
  readonly study: string;
  readonly series: string;
  /** False: nothing says whose it is; it is kept and not sent until a person assigns it to a patient. */
  readonly isIdentified: boolean;
}

/**
 * The study that an instance belongs to. Without a legal Study Instance UID each series of a sender, or each instance
 * without a series, is a study under a UID that follows from these: a rebuild finds the same, and nothing joins what
 * a person has assigned. It names the study between box and center; the dataset keeps what it came with. Identified
 * means: a legal study and a Patient ID.
 */
export function studyKeyOf(
  attributes: Pick<
    InstanceAttributes,
    'studyInstanceUid' | 'seriesInstanceUid' | 'sopInstanceUid' | 'patientId'
  >,
  callingAeTitle: string,
): StudyKey {
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid, patientId } = attributes;
  const study =
    studyInstanceUid ?? uidOf('study', callingAeTitle, seriesInstanceUid ?? sopInstanceUid);
  return {
    study,
    series: seriesInstanceUid ?? uidOf('series', study),
    isIdentified: studyInstanceUid !== undefined && patientId !== '',
  };
}

/** A UUID of one's own making (RFC 9562, version 8) as a UID (PS3.5 B.2). */
function uidOf(...names: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(names)).digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  return `2.25.${BigInt(`0x${digest.toString('hex', 0, 16)}`)}`;
}
