import type { Database, Row } from '#sync/core/database.ts';
import type { StudyHeader } from '../ports-studies.ts';
import { orderBodySql, orderOf } from './catalog-orders.ts';
import { priorityColumnsSql, priorityOf } from './catalog-priority.ts';
import { rowsOf, textOf } from './catalog-rows.ts';

/** What is known of the patient and the study; undefined where the box has none of it. */
export async function readStudyHeader(
  database: Database,
  study: string,
): Promise<StudyHeader | undefined> {
  const [row] = await rowsOf(
    database,
    `SELECT study.*, ${orderBodySql} AS orderBody, ${priorityColumnsSql}, (SELECT group_concat(modality, char(92)) FROM
       (SELECT DISTINCT modality FROM series WHERE series.studyInstanceUid = study.studyInstanceUid
        AND modality <> '' ORDER BY modality)) AS modality
     FROM study WHERE studyInstanceUid = ?`,
    study,
  );
  return row && headerOf(row);
}

/** The columns of a study that describe it; `modality` is joined by the query. */
export function headerOf(row: Row): StudyHeader {
  const order = orderOf(row);
  return {
    order,
    studyInstanceUid: textOf(row['studyInstanceUid']),
    patientId: textOf(row['patientId']),
    issuerOfPatientId: textOf(row['issuerOfPatientId']),
    patientName: textOf(row['patientName']),
    patientBirthDate: textOf(row['patientBirthDate']),
    patientSex: textOf(row['patientSex']),
    accessionNumber: textOf(row['accessionNumber']),
    studyDescription: textOf(row['studyDescription']),
    studyDate: textOf(row['studyDate']),
    studyTime: textOf(row['studyTime']),
    modality: textOf(row['modality']),
    priority: priorityOf(row, order?.priority),
  };
}
