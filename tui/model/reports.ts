import type { Report } from '#appliance/api/contract.ts';
import type { State } from './state.ts';

/** The reports of the open study, newest first. */
export function reportsOf(state: State): readonly Report[] {
  const { place, detail } = state;
  if (place.name !== 'study' && place.name !== 'report') return [];
  if (detail?.studyInstanceUid !== place.studyInstanceUid) return [];
  return [...detail.reports].sort(
    (a, b) => b.receivedAt.localeCompare(a.receivedAt) || b.version - a.version,
  );
}

/** The report that is open, or the newest while only the study is. */
export function reportAt(state: State): Report | undefined {
  const { place } = state;
  const reports = reportsOf(state);
  if (place.name !== 'report') return reports[0];
  return reports.find((report) => reportKey(report) === place.reportKey);
}

/** Tells the versions of one report apart: they share the report's id. */
export function reportKey(report: Report): string {
  return JSON.stringify([report.reportId, report.version, report.receivedAt]);
}

/** Whether a newer version of the same report is among `reports`. */
export function isReplaced(report: Report, reports: readonly Report[]): boolean {
  return reports.some(
    (other) =>
      other.reportId === report.reportId &&
      other.refusal === null &&
      other.version > report.version,
  );
}

/**
 * The report whose document may leave the box as a file: the open one, unless it was refused, withdrawn or replaced
 * (the box hands out the newest version only).
 */
export function exportable(state: State): Report | undefined {
  const report = reportAt(state);
  if (report === undefined || report.refusal !== null || report.status === 'withdrawn') {
    return undefined;
  }
  return isReplaced(report, reportsOf(state)) ? undefined : report;
}
