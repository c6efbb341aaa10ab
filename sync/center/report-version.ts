import type { ReportStatus } from '../letters/report.ts';
import type { ReportRow } from './rows.ts';

/** What a pack of a report is about: the report, its version, and the box (identity key, hex) that it is sealed to. */
export function reportSubject(row: Pick<ReportRow, 'reportId' | 'version'>, box: string): string {
  return `${row.reportId}/${row.version}/${box}`;
}

/** Whether a pack's subject is this version of a report, for whatever box. */
export function isReportSubject(
  subject: string,
  { reportId, version }: Pick<ReportRow, 'reportId' | 'version'>,
): boolean {
  const text = `${reportId}/${version}`;
  return subject === text || subject.startsWith(`${text}/`);
}

/** The box of a subject; undefined where it was sealed before subjects named one. */
export function boxOfSubject(subject: string): string | undefined {
  return /\/([0-9a-f]{64})$/.exec(subject)?.[1];
}

/** A new report, or the next version of one. */
export type VersionOf =
  | { readonly kind: 'first' }
  | { readonly kind: 'next'; readonly reportId: string; readonly version: number }
  /** Nothing is there that it could amend. */
  | { readonly kind: 'none' };

/**
 * Which report a dropped one is a version of. `amended` and `withdrawn` follow the newest report of the same reader
 * on the study, and so does anything that follows a preliminary one; all else starts a report of its own, since
 * accession and report are not one to one. `reports` are those of the study, oldest first.
 */
export function versionOf(
  reports: readonly ReportRow[],
  registerNo: string,
  status: ReportStatus,
): VersionOf {
  const newest = reports.findLast((report) => report.registerNo === registerNo);
  const isCorrection = status === 'amended' || status === 'withdrawn';
  if (newest === undefined) return { kind: isCorrection ? 'none' : 'first' };
  if (!isCorrection && newest.status !== 'preliminary') return { kind: 'first' };
  const versions = reports.filter(({ reportId }) => reportId === newest.reportId);
  const version = Math.max(...versions.map((report) => report.version)) + 1;
  return { kind: 'next', reportId: newest.reportId, version };
}
