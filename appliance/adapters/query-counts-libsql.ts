import type { Database, Row } from '#sync/core/database.ts';
import type { Keyword } from '#sync/dicom/dictionary.ts';
import type { QueryLevel, Values } from '../query/ports.ts';
import { numberOf, rowsOf, textOf } from './catalog-rows.ts';
import { isShown, isVisible } from './query-narrowing-libsql.ts';

/** One reading for a whole page: which values it gives, by the key of the entity they belong to. */
interface Counting {
  readonly gives: readonly Keyword[];
  /** The columns that name the entity, as a JSON list. */
  readonly key: (values: Values) => string;
  /** Takes a JSON list of keys; answers `key` and the columns a, b, c for `gives`, in order. */
  readonly sql: string;
}

const given = 'IN (SELECT value ->> 0 FROM json_each(?))';
const givenPair = 'IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))';

const ofPatient: Counting = {
  gives: [
    'NumberOfPatientRelatedStudies',
    'NumberOfPatientRelatedSeries',
    'NumberOfPatientRelatedInstances',
  ],
  key: (values) => JSON.stringify([values.PatientID ?? '', values.IssuerOfPatientID ?? '']),
  sql: `SELECT json_array(patientId, issuerOfPatientId) AS key, count(DISTINCT studyInstanceUid) AS a,
    count(DISTINCT studyInstanceUid || ' ' || seriesInstanceUid) AS b, count(*) AS c
    FROM study CROSS JOIN instance USING (studyInstanceUid)
    WHERE ${isShown} AND ${isVisible} AND (patientId, issuerOfPatientId) ${givenPair}
    GROUP BY patientId, issuerOfPatientId`,
};

const ofStudy: Counting = {
  gives: ['NumberOfStudyRelatedSeries', 'NumberOfStudyRelatedInstances'],
  key: (values) => JSON.stringify([values.StudyInstanceUID ?? '']),
  sql: `SELECT json_array(studyInstanceUid) AS key, count(DISTINCT seriesInstanceUid) AS a, count(*) AS b
    FROM instance WHERE studyInstanceUid ${given} AND ${isVisible} GROUP BY studyInstanceUid`,
};

const modalities: Counting = {
  gives: ['ModalitiesInStudy'],
  key: ofStudy.key,
  sql: `SELECT json_array(studyInstanceUid) AS key, group_concat(modality, '\\') AS a FROM
      (SELECT DISTINCT studyInstanceUid, modality FROM series
       WHERE studyInstanceUid ${given} AND modality <> '' AND EXISTS (SELECT 1 FROM instance
         WHERE instance.studyInstanceUid = series.studyInstanceUid
         AND instance.seriesInstanceUid = series.seriesInstanceUid AND ${isVisible})
       ORDER BY studyInstanceUid, modality) GROUP BY studyInstanceUid`,
};

const classes: Counting = {
  gives: ['SOPClassesInStudy'],
  key: ofStudy.key,
  sql: `SELECT json_array(studyInstanceUid) AS key, group_concat(sopClassUid, '\\') AS a FROM
      (SELECT DISTINCT studyInstanceUid, sopClassUid FROM instance
       WHERE studyInstanceUid ${given} AND ${isVisible} ORDER BY studyInstanceUid, sopClassUid)
    GROUP BY studyInstanceUid`,
};

const ofSeries: Counting = {
  gives: ['NumberOfSeriesRelatedInstances'],
  key: (values) => JSON.stringify([values.StudyInstanceUID ?? '', values.SeriesInstanceUID ?? '']),
  sql: `SELECT json_array(studyInstanceUid, seriesInstanceUid) AS key, count(*) AS a FROM instance
    WHERE (studyInstanceUid, seriesInstanceUid) ${givenPair}
    AND ${isVisible} GROUP BY studyInstanceUid, seriesInstanceUid`,
};

const countings: Readonly<Record<QueryLevel, readonly Counting[]>> = {
  PATIENT: [ofPatient],
  STUDY: [ofPatient, ofStudy, modalities, classes],
  SERIES: [ofPatient, ofStudy, modalities, classes, ofSeries],
  IMAGE: [ofPatient, ofStudy, modalities, classes, ofSeries],
};

/** `entries` with the numbers and lists that `wanted` names: one reading a page for each group of them. */
export async function addCounts(
  database: Database,
  level: QueryLevel,
  wanted: ReadonlySet<Keyword>,
  entries: readonly Values[],
): Promise<readonly Values[]> {
  let counted = entries;
  for (const counting of countings[level]) {
    if (entries.length === 0 || !counting.gives.some((keyword) => wanted.has(keyword))) continue;
    const keys = [...new Set(entries.map(counting.key))];
    const found = await rowsOf(database, counting.sql, `[${keys.join(',')}]`);
    const rows = new Map(found.map((row) => [textOf(row['key']), row]));
    counted = counted.map((values) => ({
      ...values,
      ...countsOf(counting, rows.get(counting.key(values))),
    }));
  }
  return counted;
}

function countsOf({ gives }: Counting, row: Row | undefined): Values {
  const columns = ['a', 'b', 'c'];
  return Object.fromEntries(
    gives.map((keyword, index) => {
      const value = row?.[columns[index] ?? ''];
      return [keyword, keyword.startsWith('NumberOf') ? String(numberOf(value)) : textOf(value)];
    }),
  );
}
