import { parseUid } from '../dicom/uid.ts';

/** What a report says about the study it belongs to. */
export interface ReportNames {
  readonly studyInstanceUid: string | undefined;
  readonly accessionNumber: string;
}

/** What the ledger knows under those names. */
export interface StudyCandidates {
  /** The study of that UID, if the center has it. */
  readonly byUid: string | undefined;
  /** Studies that carry that accession number. */
  readonly byAccession: readonly string[];
}

export type Match =
  | { readonly studyInstanceUid: string }
  /** A sentence for the person who sorts the unmatched ones. */
  | { readonly unmatched: string };

/** The names in a file name: its stem may be a Study Instance UID or an accession number. */
export function namesOfFile(stem: string): ReportNames {
  return { studyInstanceUid: parseUid(stem), accessionNumber: stem.trim() };
}

/**
 * The matching ladder (clinical design, answers): Study UID, then an accession number that only one study carries,
 * then a person. Never patient and date: a report of another patient is worse than one that waits.
 */
export function matchReport(names: ReportNames, candidates: StudyCandidates): Match {
  if (candidates.byUid !== undefined) return { studyInstanceUid: candidates.byUid };
  if (names.accessionNumber === '') {
    return { unmatched: 'It names a study that is not here, and no accession number' };
  }
  const [first, ...others] = candidates.byAccession;
  if (first === undefined) {
    return { unmatched: 'No study here has this Study Instance UID or accession number' };
  }
  return others.length === 0
    ? { studyInstanceUid: first }
    : {
        unmatched: `${others.length + 1} studies have this accession number; name the file by the Study Instance UID`,
      };
}
