import type { Database } from '#sync/core/database.ts';
import type { ListedStudies, StudyRecord } from '../ports-studies.ts';
import { isRefusedSql } from './catalog-orders.ts';
import { numberOf, rowsOf, textOf } from './catalog-rows.ts';
import { readStudies } from './catalog-views.ts';

/** Closed studies of the list, by their last image and by their last report. */
const newest = 500;
/** What a search finds beyond those, at most. */
const mostFound = 200;

/** Trouble that a person has to look into: found by index and tally, however many studies there are. */
const suspectsSql = `SELECT studyInstanceUid FROM study WHERE isIdentified = 0
  UNION SELECT studyInstanceUid FROM tally WHERE state IN ('identity', 'conflict', 'damaged')
  UNION SELECT studyInstanceUid FROM report WHERE refusal IS NOT NULL
  UNION SELECT studyInstanceUid FROM study JOIN tally USING (studyInstanceUid)
    WHERE state = 'stored' AND ${isRefusedSql}`;

const newestSql = `SELECT studyInstanceUid FROM study ORDER BY lastArrivedAtMs DESC LIMIT ${newest}`;

/** All that is not over, and of the rest the newest. */
const listedSql = `SELECT studyInstanceUid FROM tally
    WHERE state IN ('stored', 'packed', 'held', 'identity', 'conflict', 'damaged')
  UNION SELECT * FROM (${newestSql})
  UNION SELECT * FROM (SELECT studyInstanceUid FROM report ORDER BY receivedAtMs DESC LIMIT ${newest})
  UNION ${suspectsSql}`;

/** Studies with any of what `studyRow` calls for help about. */
export function readSuspectStudies(database: Database): Promise<readonly StudyRecord[]> {
  return readOf(database, suspectsSql);
}

/** Studies of nobody yet, and those that came from a medium. */
export function readUnassignedStudies(database: Database): Promise<readonly StudyRecord[]> {
  return readOf(
    database,
    `SELECT studyInstanceUid FROM study WHERE isIdentified = 0
     UNION SELECT studyInstanceUid FROM outside`,
  );
}

/**
 * What the screen lists: all open studies and the newest of the closed ones, so that its cost does not grow with the
 * years; with `find` also older ones that have each of its words somewhere, the newest of them.
 */
export async function readListedStudies(
  database: Database,
  find: string | undefined,
): Promise<ListedStudies> {
  const words = (find ?? '').split(' ').filter((word) => word !== '');
  const found =
    words.length === 0
      ? ''
      : `UNION SELECT * FROM (SELECT studyInstanceUid FROM study
           WHERE studyInstanceUid NOT IN (${newestSql}) AND ${words.map(() => hasWordSql).join(' AND ')}
           ORDER BY lastArrivedAtMs DESC LIMIT ${mostFound})`;
  const patterns = words.map((word) => `%${word.replace(/[\\%_]/g, String.raw`\$&`)}%`);
  const studies = await readOf(database, `${listedSql} ${found}`, ...patterns);
  const [row] = await rowsOf(database, 'SELECT count(*) AS number FROM study');
  return { studies, older: Math.max(0, numberOf(row?.['number']) - studies.length) };
}

const hasWordSql = `(patientName || char(10) || patientId || char(10) || accessionNumber || char(10)
  || studyDescription || char(10) || callingAeTitle || char(10) || coalesce((SELECT group_concat(modality, char(10))
    FROM series WHERE series.studyInstanceUid = study.studyInstanceUid), '')) LIKE ? ESCAPE '\\'`;

async function readOf(
  database: Database,
  sql: string,
  ...args: readonly string[]
): Promise<readonly StudyRecord[]> {
  const rows = await rowsOf(database, sql, ...args);
  return readStudies(
    database,
    rows.map((row) => textOf(row['studyInstanceUid'])),
  );
}
