import { type Fault, fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { StudyHeader, StudyRecord } from '../ports-studies.ts';
import type { BoxFact } from '../store/facts.ts';

export type IdentifyFault = Fault<
  | 'identity/no-study'
  | 'identity/already'
  | 'identity/sealed'
  | 'identity/unknown-patient'
  | 'identity/other-patient'
  | 'identity/ambiguous'
>;

export type AssignedFact = Extract<BoxFact, { readonly fact: 'assigned' }>;
export type ReleasedFact = Extract<BoxFact, { readonly fact: 'released' }>;

/** What a person says: whose a study is. Without more than an ID the patient must be known here. */
export interface Assignment {
  /** The person who says so. */
  readonly by: string;
  readonly patientId: string;
  readonly issuerOfPatientId?: string | undefined;
  readonly patientName?: string | undefined;
  readonly patientBirthDate?: string | undefined;
  readonly patientSex?: string | undefined;
}

/**
 * The fact that `study` is of the patient whom a person names, or why it cannot be said. `known` are the studies here
 * under that Patient ID. Names here win over names typed: a typing error must not make a second patient.
 */
export function assign(
  study: StudyRecord | undefined,
  known: readonly StudyHeader[],
  said: Assignment,
  atMs: number,
): Result<AssignedFact, IdentifyFault> {
  if (!study) return noStudy;
  if (study.outside === null && study.isIdentified && study.assigned === null) {
    return refuse(
      'identity/already',
      'the images say whose they are',
      'If they are wrong, correct it on the device and send them again',
    );
  }
  if (study.firstSealedAtMs !== null) {
    return refuse(
      'identity/sealed',
      'it is on its way to the center under what was said before',
      'Call the center',
    );
  }
  const patient = patientOf(
    known.filter((each) => each.studyInstanceUid !== study.studyInstanceUid),
    said,
  );
  if (!patient.ok) return patient;
  const { studyInstanceUid } = study;
  return ok({
    fact: 'assigned',
    atMs,
    study: studyInstanceUid,
    by: said.by,
    patient: patient.value,
  });
}

/** The fact that an outside study is to be sent: only one that is bound to a patient of the clinic. */
export function release(
  study: StudyRecord | undefined,
  by: string,
  atMs: number,
): Result<ReleasedFact, IdentifyFault> {
  if (!study?.outside) return noStudy;
  if (study.assigned === null) {
    return refuse(
      'identity/unknown-patient',
      'nobody has said whose it is here',
      'Bind it to a patient first',
    );
  }
  return ok({ fact: 'released', atMs, study: study.studyInstanceUid, by });
}

type Patient = AssignedFact['patient'];

function patientOf(
  known: readonly StudyHeader[],
  said: Assignment,
): Result<Patient, IdentifyFault> {
  const { issuerOfPatientId: issuer, patientName: name = '' } = said;
  const here = known.filter((each) => issuer === undefined || each.issuerOfPatientId === issuer);
  const [newest] = here;
  if (!newest) {
    if (name === '') {
      return refuse(
        'identity/unknown-patient',
        'no study here has this Patient ID',
        'Check the ID; for a new patient give the name too',
      );
    }
    return ok({
      id: said.patientId,
      issuer: issuer ?? '',
      name,
      birthDate: said.patientBirthDate ?? '',
      sex: said.patientSex ?? '',
    });
  }
  if (new Set(here.map(personOf)).size > 1) {
    return refuse(
      'identity/ambiguous',
      'studies here have this Patient ID under different names or issuers',
      'Name the issuer of the ID, or find out which of them is meant',
    );
  }
  if (name !== '' && folded(name) !== folded(newest.patientName)) {
    return refuse(
      'identity/other-patient',
      'this Patient ID belongs to somebody else here',
      'Check the ID and the name on the request form',
    );
  }
  return ok({
    id: newest.patientId,
    issuer: newest.issuerOfPatientId,
    name: newest.patientName,
    birthDate: newest.patientBirthDate,
    sex: newest.patientSex,
  });
}

function personOf(header: StudyHeader): string {
  return JSON.stringify([header.issuerOfPatientId, folded(header.patientName)]);
}

/** Trailing components and case are written as devices like; the alphabetic name is what a person compares. */
function folded(name: string): string {
  return (name.split('=')[0] ?? '').toUpperCase().replaceAll('^', ' ').replace(/\s+/g, ' ').trim();
}

const noStudy = refuse('identity/no-study', 'there is no such study', 'List them again');

function refuse(
  kind: IdentifyFault['kind'],
  reason: string,
  next: string,
): { readonly ok: false; readonly fault: IdentifyFault } {
  return fail(fault(kind, `Cannot do this: ${reason}`, next));
}
