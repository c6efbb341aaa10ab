import type { Database, Row } from '#sync/core/database.ts';
import type { Narrowing, QueryCatalog, QueryLevel, QueryPage } from '../query/ports.ts';
import { numberOf, rowsOf, statement, storedObjectOf, textOf } from './catalog-rows.ts';
import { addCounts } from './query-counts-libsql.ts';
import { isVisible, narrowed } from './query-narrowing-libsql.ts';
import { valuesOf } from './query-rows-libsql.ts';

/** Entities of one page: few enough for a short turn of the database, whatever each of them costs. */
const pageSize = 200;

/** The catalog as queries see it, over the database port; reads go by pages, so memory does not grow with the answer. */
export function createQueryCatalog(database: Database): QueryCatalog {
  return {
    page: async (level, narrowing, wanted, after) => {
      const rows = await pageOf(database, level, narrowing, after);
      const entries = await addCounts(database, level, wanted, rows.map(valuesOf));
      const last = rows.at(-1);
      return {
        entries: entries.map((values, index) => {
          const row = level === 'IMAGE' ? rows[index] : undefined;
          return { values, object: row && storedObjectOf(row) };
        }),
        next: rows.length === pageSize && last ? placeOf(level, last) : undefined,
      } satisfies QueryPage;
    },
    count: async (narrowing) => {
      const { sql, args } = narrowed(narrowing, 'IMAGE');
      const [row] = await rowsOf(
        database,
        `SELECT count(*) AS count ${imagesSql} WHERE ${sql}`,
        ...args,
      );
      return numberOf(row?.['count']);
    },
    classes: async (narrowing) => {
      const { sql, args } = narrowed(narrowing, 'IMAGE');
      const rows = await rowsOf(
        database,
        `SELECT DISTINCT sopClassUid, transferSyntaxUid ${imagesSql} WHERE ${sql}`,
        ...args,
      );
      return rows.map((row) => ({
        sopClassUid: textOf(row['sopClassUid']),
        transferSyntaxUid: textOf(row['transferSyntaxUid']),
      }));
    },
    undescribed: async (limit) => {
      const rows = await rowsOf(
        database,
        `SELECT instance.*, series.studyInstanceUid, series.seriesInstanceUid, study.callingAeTitle
         FROM series JOIN study ON study.studyInstanceUid = series.studyInstanceUid
         JOIN instance ON instance.rowid = (SELECT min(instance.rowid) FROM instance
           WHERE instance.studyInstanceUid = series.studyInstanceUid
           AND instance.seriesInstanceUid = series.seriesInstanceUid AND ${isVisible})
         WHERE described IS NULL LIMIT ?`,
        limit,
      );
      return rows.map((row) => ({
        studyInstanceUid: textOf(row['studyInstanceUid']),
        seriesInstanceUid: textOf(row['seriesInstanceUid']),
        callingAeTitle: textOf(row['callingAeTitle']),
        object: storedObjectOf(row),
      }));
    },
    describe: (series) =>
      database.write(
        series.map(({ studyInstanceUid, seriesInstanceUid, values }) =>
          statement(
            'UPDATE series SET described = ? WHERE studyInstanceUid = ? AND seriesInstanceUid = ?',
            JSON.stringify(values),
            studyInstanceUid,
            seriesInstanceUid,
          ),
        ),
      ),
  };
}

/** From the study down, said by CROSS JOIN: without statistics SQLite would rather begin with a million instances. */
const imagesSql = `FROM study CROSS JOIN instance USING (studyInstanceUid)
  LEFT JOIN series USING (studyInstanceUid, seriesInstanceUid)`;

/** The newest study of a patient describes it: `max` lets SQLite take the other columns from the same row. */
const pageSql: Readonly<Record<QueryLevel, (where: string) => string>> = {
  PATIENT: (where) => `SELECT study.*, max(study.rowid) AS place, ${ofStudy} FROM study
    WHERE patientId <> '' AND (patientId, issuerOfPatientId) > (?, ?) AND ${where}
    GROUP BY patientId, issuerOfPatientId ORDER BY patientId, issuerOfPatientId LIMIT ${pageSize}`,
  STUDY: (where) => `SELECT study.*, study.rowid AS place, ${ofStudy} FROM study
    WHERE study.rowid < ? AND ${where} ORDER BY study.rowid DESC LIMIT ${pageSize}`,
  SERIES: (where) => `SELECT study.*, series.*, series.rowid AS place
    FROM study CROSS JOIN series USING (studyInstanceUid)
    WHERE series.rowid > ? AND ${where} ORDER BY series.rowid LIMIT ${pageSize}`,
  IMAGE: (where) => `SELECT study.*, series.*, instance.*, instance.rowid AS place ${imagesSql}
    WHERE instance.rowid > ? AND ${where} ORDER BY instance.rowid LIMIT ${pageSize}`,
};

/** What the first of its series that was looked into tells of a study. */
const ofStudy = `(SELECT described FROM series WHERE series.studyInstanceUid = study.studyInstanceUid
  AND described IS NOT NULL ORDER BY series.rowid LIMIT 1) AS described`;

const firstPlace: Readonly<Record<QueryLevel, readonly (string | number)[]>> = {
  PATIENT: ['', ''],
  STUDY: [Number.MAX_SAFE_INTEGER],
  SERIES: [0],
  IMAGE: [0],
};

function pageOf(
  database: Database,
  level: QueryLevel,
  narrowing: Narrowing,
  after: string | undefined,
): Promise<readonly Row[]> {
  const { sql, args } = narrowed(narrowing, level);
  const place =
    after === undefined ? firstPlace[level] : (JSON.parse(after) as (string | number)[]);
  return rowsOf(database, pageSql[level](sql), ...place, ...args);
}

function placeOf(level: QueryLevel, row: Row): string {
  const place =
    level === 'PATIENT'
      ? [textOf(row['patientId']), textOf(row['issuerOfPatientId'])]
      : [numberOf(row['place'])];
  return JSON.stringify(place);
}
