import type { Database, Row } from '#sync/core/database.ts';
import type { CatalogTotals } from '../ports-catalog.ts';
import type { StoredReport, StudyRecord } from '../ports-studies.ts';
import type { InstanceKey, InstanceOfStudy, InstanceState } from '../store/instance-states.ts';
import { instanceStates } from '../store/instance-states.ts';
import { addresseeSql } from './catalog-centers.ts';
import { headerOf } from './catalog-header.ts';
import { isOfferedSql } from './catalog-ledger.ts';
import { missingSql, orderBodySql } from './catalog-orders.ts';
import { priorityColumnsSql } from './catalog-priority.ts';
import { readReports } from './catalog-reports.ts';
import { numberOf, numberOrNull, rowsOf, textOf, textOrNull } from './catalog-rows.ts';
import { isListedSql } from './catalog-sealing.ts';

/** Not an image of its own, or no image that anybody wants. */
const uncounted = "('resend', 'aside', 'rejected', 'discarded')";

/** Everything the screen's rows are derived from: of some studies, or of all, newest arrival first. */
export async function readStudies(
  database: Database,
  wanted: readonly string[] | undefined,
): Promise<readonly StudyRecord[]> {
  const where =
    wanted === undefined ? '' : 'WHERE studyInstanceUid IN (SELECT value FROM json_each(?))';
  const args = wanted === undefined ? [] : [JSON.stringify(wanted)];
  const [studies, series, instances, packs, reports] = await Promise.all([
    rowsOf(
      database,
      `SELECT study.*, ${isListedSql} AS isListed, ${addresseeSql} AS addressee, markedAtMs, releasedAtMs, assignedBy, assignedAtMs,
         ${orderBodySql} AS orderBody, ${missingSql} AS missing, ${priorityColumnsSql},
         EXISTS (SELECT 1 FROM orders) AS hasOrders, ${isOfferedSql} AS isOffered
       FROM study LEFT JOIN outside USING (studyInstanceUid) LEFT JOIN
         (SELECT studyInstanceUid, assignedBy, assignedAtMs FROM assigned) USING (studyInstanceUid)
       ${where} ORDER BY lastArrivedAtMs DESC`,
      ...args,
    ),
    rowsOf(
      database,
      `SELECT studyInstanceUid, count(*) AS seriesCount FROM series ${where} GROUP BY studyInstanceUid`,
      ...args,
    ),
    rowsOf(
      database,
      `SELECT studyInstanceUid, state, number, sizeBytes, lossyNumber > 0 AS isLossy, deliveredAtMs,
         destination, goneAtMs FROM tally ${where}`,
      ...args,
    ),
    rowsOf(
      database,
      `SELECT packId, studyInstanceUid, kind, state, sizeBytes, sealedAtMs, custodyAtMs FROM pack
       ${where || 'WHERE studyInstanceUid IS NOT NULL'} ${"AND kind <> 'receipt' AND state <> 'dropped'"}`,
      ...args,
    ),
    readReports(database, where, ...args),
  ]);
  const modalities = await modalitiesOf(database, where, args);
  const groups = {
    series: groupBy(series, studyOf),
    instances: groupBy(instances, studyOf),
    packs: groupBy(packs, studyOf),
    reports: groupBy(reports, (report) => report.study),
  };
  return studies.map((row) => {
    const id = studyOf(row);
    return recordOf(
      { ...row, modality: modalities.get(id) ?? '' },
      groups.series.get(id)?.[0],
      groups.instances.get(id) ?? [],
      groups.packs.get(id) ?? [],
      groups.reports.get(id) ?? [],
    );
  });
}

export async function readInstances(
  database: Database,
  after: InstanceKey | undefined,
  limit = -1,
): Promise<readonly InstanceOfStudy[]> {
  const rows = await rowsOf(
    database,
    `SELECT sopInstanceUid, datasetSha256, studyInstanceUid, state FROM instance
     WHERE (sopInstanceUid, datasetSha256) > (?, ?)
     ORDER BY sopInstanceUid, datasetSha256 LIMIT ?`,
    after?.sopInstanceUid ?? '',
    after?.datasetSha256 ?? '',
    limit,
  );
  return rows.map((row) => ({
    sopInstanceUid: textOf(row['sopInstanceUid']),
    datasetSha256: textOf(row['datasetSha256']),
    studyInstanceUid: studyOf(row),
    state: stateOf(row),
  }));
}

export async function readTotals(database: Database): Promise<CatalogTotals> {
  const [row] = await rowsOf(
    database,
    `SELECT (SELECT count(*) FROM study) AS studies, sum(number) AS instances,
       sum(number) FILTER (WHERE state NOT IN ('delivered', 'purged')) AS onlyHere
     FROM tally WHERE state NOT IN ${uncounted}`,
  );
  return {
    studies: numberOf(row?.['studies']),
    instances: numberOf(row?.['instances']),
    onlyHere: numberOf(row?.['onlyHere']),
  };
}

function recordOf(
  study: Row,
  series: Row | undefined,
  instances: readonly Row[],
  packs: readonly Row[],
  reports: readonly StoredReport[],
): StudyRecord {
  const inState = (state: InstanceState) => instances.find((row) => stateOf(row) === state);
  const delivered = inState('delivered') ?? inState('purged');
  const custody = packs.filter((row) => row['state'] === 'custody');
  return {
    ...headerOf(study),
    callingAeTitle: textOf(study['callingAeTitle']),
    isIdentified: numberOf(study['isIdentified']) === 1,
    firstArrivedAtMs: numberOf(study['firstArrivedAtMs']),
    lastArrivedAtMs: numberOf(study['lastArrivedAtMs']),
    seriesCount: numberOf(series?.['seriesCount']),
    sizeBytes: sum(instances, 'sizeBytes'),
    counts: Object.fromEntries(
      instanceStates.map((state) => [state, numberOf(inState(state)?.['number'])]),
    ) as StudyRecord['counts'],
    unsealedBytes: numberOf(inState('stored')?.['sizeBytes']),
    isListed: numberOf(study['isListed']) === 1,
    outside: outsideOf(study),
    isFromDevice: numberOf(study['isFromDevice']) === 1,
    assigned: assignedOf(study),
    isLossy: instances.some((row) => numberOf(row['isLossy']) === 1),
    addressee: textOrNull(study['addressee']),
    missingCount: numberOf(study['missing']),
    isAskedAgain: numberOf(study['isOffered']) === 1,
    isUnordered: numberOf(study['hasOrders']) === 1 && study['orderBody'] === null,
    firstSealedAtMs: packs.length === 0 ? null : Math.min(...numbers(packs, 'sealedAtMs')),
    custodyBytes: sum(custody, 'sizeBytes'),
    lastCustodyAtMs: custody.length === 0 ? null : Math.max(...numbers(custody, 'custodyAtMs')),
    openPacks: packs
      .filter((row) => row['state'] === 'sealed')
      .map((row) => ({ packId: textOf(row['packId']), sizeBytes: numberOf(row['sizeBytes']) })),
    deliveredAtMs: numberOrNull(delivered?.['deliveredAtMs']),
    destination: textOrNull(delivered?.['destination']),
    purgedAtMs: numberOrNull(inState('purged')?.['goneAtMs']),
    isPinned: numberOf(study['isPinned']) === 1,
    discardAskedBy: textOrNull(study['discardAskedBy']),
    reports,
  };
}

function outsideOf(study: Row): StudyRecord['outside'] {
  const markedAtMs = numberOrNull(study['markedAtMs']);
  if (markedAtMs === null) return null;
  return { markedAtMs, releasedAtMs: numberOrNull(study['releasedAtMs']) };
}

function assignedOf(study: Row): StudyRecord['assigned'] {
  const by = textOrNull(study['assignedBy']);
  return by === null ? null : { by, atMs: numberOf(study['assignedAtMs']) };
}

async function modalitiesOf(
  database: Database,
  where: string,
  args: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await rowsOf(
    database,
    `SELECT studyInstanceUid, group_concat(modality, char(92)) AS modality FROM
       (SELECT DISTINCT studyInstanceUid, modality FROM series ${where} ORDER BY modality)
     WHERE modality <> '' GROUP BY studyInstanceUid`,
    ...args,
  );
  return new Map(rows.map((row) => [studyOf(row), textOf(row['modality'])]));
}

function groupBy<T>(rows: readonly T[], keyOf: (row: T) => string): ReadonlyMap<string, T[]> {
  return Map.groupBy(rows, keyOf);
}

function studyOf(row: Row): string {
  return textOf(row['studyInstanceUid']);
}

function stateOf(row: Row): InstanceState {
  return textOf(row['state']) as InstanceState;
}

function numbers(rows: readonly Row[], column: string): readonly number[] {
  return rows.map((row) => numberOf(row[column]));
}

function sum(rows: readonly Row[], column: string): number {
  return numbers(rows, column).reduce((total, value) => total + value, 0);
}
