import { type Fault, fault } from '../core/fault.ts';
import type { ReportMeta } from './report-meta.ts';

/** Why a report is not shown as the report; its message and next step are for staff and hold no name or number. */
export type ReportRefusal = Fault<
  | 'report/other-center'
  | 'report/unknown-study'
  | 'report/unknown-manifest'
  | 'report/other-patient'
  | 'report/old-version'
  | 'report/missing-version'
>;

/** What the box itself knows of the study that a report names. */
export interface LocalStudy {
  readonly studyInstanceUid: string;
  /** From the images in the local catalog, as read by `readAttributes`. */
  readonly patient: { readonly id: string; readonly birth: string; readonly sex: string };
  /** Whether the signer is a current identity of the party to which this box sealed the study. */
  readonly isSealedToSigner: boolean;
  /** Pack ids of the manifests this box sealed to that party, oldest first. */
  readonly manifests: readonly string[];
  /** The newest version of the same report that is shown, with every pack id it came under; undefined = none. */
  readonly known: { readonly version: number; readonly packIds: readonly string[] } | undefined;
}

export type Judgement = 'show' | { readonly refusal: ReportRefusal };

/**
 * Whether `report` may be shown as the report of `study` (sealed-pack format, report). `study` is undefined when the
 * catalog has no such study. Everything refused is kept and goes to `needs help`; `report/missing-version` is judged
 * again when the version between has come (retry `later`), `report/old-version` needs nobody.
 */
export function judgeReport(report: ReportMeta, study: LocalStudy | undefined): Judgement {
  if (study === undefined || study.studyInstanceUid !== report.study) {
    return refuse('report/unknown-study', 'it names a study that is not on this box');
  }
  if (!study.isSealedToSigner) {
    return refuse('report/other-center', 'its sender was not asked to read this study');
  }
  if (!study.manifests.includes(report.manifest)) {
    return refuse('report/unknown-manifest', 'it was written for images this box did not send');
  }
  if (!isSamePatient(report.patient, study.patient)) {
    return refuse('report/other-patient', 'the report does not fit this patient');
  }
  return judgeVersion(report, study.known);
}

/** Whether images were sent after the manifest that was read: "read before the last images came". */
export function isReadBeforeLastImages(report: ReportMeta, study: LocalStudy): boolean {
  return study.manifests.at(-1) !== report.manifest;
}

function judgeVersion(report: ReportMeta, known: LocalStudy['known']): Judgement {
  if (known !== undefined && report.version <= known.version) {
    return refuse('report/old-version', 'a newer or equal version is already here');
  }
  const fits =
    known === undefined
      ? report.supersedes === null
      : report.supersedes !== null && known.packIds.includes(report.supersedes);
  return fits
    ? 'show'
    : refuse('report/missing-version', 'the version before it has not come', 'later');
}

/** Compared as the reader gives them: trimmed text, nothing folded. A wrong match is worse than a call. */
function isSamePatient(a: LocalStudy['patient'], b: LocalStudy['patient']): boolean {
  return a.id === b.id && a.birth === b.birth && a.sex === b.sex;
}

function refuse(
  kind: ReportRefusal['kind'],
  reason: string,
  retry: ReportRefusal['retry'] = 'never',
): Judgement {
  return { refusal: fault(kind, `Cannot show a report: ${reason}`, 'Call the center', retry) };
}
