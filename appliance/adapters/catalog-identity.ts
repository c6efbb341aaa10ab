import type { Database, Statement } from '#sync/core/database.ts';
import type { StudyHeader } from '../ports-studies.ts';
import type { BoxFact } from '../store/facts.ts';
import { headerOf } from './catalog-header.ts';
import { isHeldSql, rowsOf, statement } from './catalog-rows.ts';

type FactOf<K extends BoxFact['fact']> = Extract<BoxFact, { readonly fact: K }>;

const patientColumns = 'patientId, issuerOfPatientId, patientName, patientBirthDate, patientSex';

const assignSql = `UPDATE study SET isIdentified = 1, (${patientColumns}) =
    (SELECT ${patientColumns} FROM assigned WHERE assigned.studyInstanceUid = study.studyInstanceUid)
  WHERE studyInstanceUid IN (SELECT value FROM json_each(?) WHERE value IN (SELECT studyInstanceUid FROM assigned))`;

// Another hospital's Patient ID may be somebody else's here: until it is bound, an outside study is nobody's.
const nobodySql = `UPDATE study SET isIdentified = 0 WHERE isFromDevice = 0
  AND studyInstanceUid IN (SELECT value FROM json_each(?) WHERE value IN (SELECT studyInstanceUid FROM outside))
  AND studyInstanceUid NOT IN (SELECT studyInstanceUid FROM assigned)`;

/** What a person said of a study, or has yet to say, goes over what its images say, whichever comes first. */
export function identityStatements(studies: Iterable<string>): readonly Statement[] {
  const list = JSON.stringify([...studies]);
  return [statement(assignSql, list), statement(nobodySql, list)];
}

export function outside(fact: FactOf<'outside'>): readonly Statement[] {
  return [
    statement(
      'INSERT OR IGNORE INTO outside (studyInstanceUid, markedAtMs) VALUES (?, ?)',
      fact.study,
      fact.atMs,
    ),
    ...identityStatements([fact.study]),
  ];
}

export function released(fact: FactOf<'released'>): readonly Statement[] {
  return [
    statement(
      `UPDATE outside SET releasedAtMs = ?, releasedBy = ?
       WHERE studyInstanceUid = ? AND releasedAtMs IS NULL`,
      fact.atMs,
      fact.by,
      fact.study,
    ),
  ];
}

export function assigned({ study, atMs, by, patient }: FactOf<'assigned'>): readonly Statement[] {
  return [
    statement(
      `INSERT INTO assigned (studyInstanceUid, assignedAtMs, assignedBy, ${patientColumns})
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET assignedAtMs = excluded.assignedAtMs,
         assignedBy = excluded.assignedBy, patientId = excluded.patientId,
         issuerOfPatientId = excluded.issuerOfPatientId, patientName = excluded.patientName,
         patientBirthDate = excluded.patientBirthDate, patientSex = excluded.patientSex`,
      study,
      atMs,
      by,
      patient.id,
      patient.issuer,
      patient.name,
      patient.birthDate,
      patient.sex,
    ),
    ...identityStatements([study]),
  ];
}

/** Who has this Patient ID here: one header for each of their studies that is no outside one, newest first. */
export async function readPatientsOf(
  database: Database,
  patientId: string,
): Promise<readonly StudyHeader[]> {
  const rows = await rowsOf(
    database,
    `SELECT *, '' AS modality FROM study WHERE patientId = ? AND isIdentified = 1
     AND NOT ${isHeldSql} ORDER BY lastArrivedAtMs DESC LIMIT 100`,
    patientId,
  );
  return rows.map(headerOf);
}
