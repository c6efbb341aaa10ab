import type { Value } from '#sync/core/database.ts';
import type { Narrowing, QueryLevel } from '../query/ports.ts';

/** States in which an instance is answered and sent: what is held, damaged or purged is not there for queries. */
const visibleStates = "('stored', 'packed', 'delivered')";

export const isVisible = `instance.state IN ${visibleStates} AND instance.badAtMs IS NULL`;

/** Studies of a known patient: one from a medium is, once a person said whose it is; its own ID is of another house. */
export const isShown = `study.isIdentified = 1 AND NOT (study.isFromDevice = 0
  AND EXISTS (SELECT 1 FROM outside WHERE outside.studyInstanceUid = study.studyInstanceUid)
  AND NOT EXISTS (SELECT 1 FROM assigned WHERE assigned.studyInstanceUid = study.studyInstanceUid))`;

const hasVisible: Readonly<Record<QueryLevel, string>> = {
  PATIENT: existsIn('instance.studyInstanceUid = study.studyInstanceUid'),
  STUDY: existsIn('instance.studyInstanceUid = study.studyInstanceUid'),
  SERIES: existsIn(`instance.studyInstanceUid = series.studyInstanceUid
    AND instance.seriesInstanceUid = series.seriesInstanceUid`),
  IMAGE: isVisible,
};

function existsIn(where: string): string {
  return `EXISTS (SELECT 1 FROM instance WHERE ${where} AND ${isVisible})`;
}

/** The conditions of a page or a count: visible, of an identified study, and what narrows. */
export function narrowed(
  narrowing: Narrowing,
  level: QueryLevel,
): { readonly sql: string; readonly args: readonly Value[] } {
  const { patientIds, accessionNumbers, studyDates, patientNamePart } = narrowing;
  const table = level === 'IMAGE' ? 'instance' : 'series';
  const conditions: (readonly [string, ...Value[]])[] = [
    ...oneOf('study.patientId', patientIds),
    ...oneOf('study.accessionNumber', accessionNumbers),
    ...oneOf('study.studyInstanceUid', narrowing.studyInstanceUids),
    ...oneOf(`${table}.seriesInstanceUid`, narrowing.seriesInstanceUids),
    ...oneOf('instance.sopInstanceUid', narrowing.sopInstanceUids),
  ];
  if (studyDates && studyDates.from === studyDates.to) {
    conditions.push(['study.studyDate = ?', studyDates.from]);
  } else if (studyDates) {
    if (studyDates.from !== '') conditions.push(['study.studyDate >= ?', studyDates.from]);
    if (studyDates.to !== '')
      conditions.push([`study.studyDate <= ? AND study.studyDate <> ''`, studyDates.to]);
  }
  if (patientNamePart !== undefined) {
    // Accents do not count and LIKE knows none: names beyond ASCII are left to the caller.
    conditions.push([
      `(study.patientName LIKE '%' || ? || '%' OR study.patientName GLOB '*[^ -~]*')`,
      patientNamePart,
    ]);
  }
  return {
    sql: [isShown, ...conditions.map(([sql]) => sql), hasVisible[level]].join(' AND '),
    args: conditions.flatMap(([, ...args]) => args),
  };
}

function oneOf(
  column: string,
  values: readonly string[] | undefined,
): readonly (readonly [string, Value])[] {
  if (values === undefined) return [];
  return [[`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(values)]];
}
