import { isoOf } from '#sync/core/clock.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import type { StudyDetail, StudyRow } from '../api/contract.ts';
import type { StoredReport } from '../ports-studies.ts';

/** So many rows at most: a center that names studies at random must not hide those of the clinic. */
const mostRows = 100;

/**
 * Reports of studies that are not on this box, by study, newest first: the box was replaced and the disk of the old one
 * is dead, or the center is wrong. What the box knows of them is what the report says, and nothing of it is believed.
 */
export function strayStudies(
  reports: readonly StoredReport[],
): ReadonlyMap<string, readonly StoredReport[]> {
  const byStudy = Map.groupBy(
    reports.toSorted((a, b) => b.atMs - a.atMs),
    ({ study }) => study,
  );
  return new Map([...byStudy].slice(0, mostRows));
}

/** The row of such a study; it stands until the study is here. */
export function strayRow(study: string, [newest]: readonly StoredReport[]): StudyRow {
  const { id = '', birth = '', sex = '' } = newest?.patient ?? {};
  const at = isoOf(newest?.atMs ?? 0);
  return {
    studyInstanceUid: study,
    isNotHere: true,
    ...{ patientName: '', patientId: id, patientSex: sex, patientBirthDate: birth },
    ...{ accessionNumber: '', studyDescription: '', modality: '', callingAeTitle: '' },
    ...{ isStat: false, isLossy: false, takenAt: at, arrivedAt: at },
    ...{ seriesCount: 0, instanceCount: 0, sizeBytes: 0 },
    ...{ state: 'needs help', sentPercent: 0, secondsLeft: null, stateAt: at },
    help: {
      code: 'REPORT-UNKNOWN-STUDY',
      message: `A report came for patient ID ${sanitize(id, 64) || 'unknown'}, and its study is not on this box`,
      next: 'Call the center: it has the report; if this box replaced another one, take over its disk',
    },
  };
}

/** What is known beside the reports themselves. */
export function strayDetail(
  study: string,
  reports: readonly StoredReport[],
  shown: StudyDetail['reports'],
): StudyDetail {
  const steps = reports
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(({ atMs, version }) => ({
      ...{ at: isoOf(atMs), glyph: '!!' as const },
      text: `A report (version ${version}) came from the center for a study that is not on this box`,
    }));
  return { ...strayRow(study, reports), steps, reports: shown };
}
