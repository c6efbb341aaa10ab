import type { Database } from '#sync/core/database.ts';
import type { OpenPack, OwnManifest, UnconfirmedPack, WaitingStudy } from '../ports-waiting.ts';
import { addresseeSql } from './catalog-centers.ts';
import { isCentersTurnSql } from './catalog-ledger.ts';
import { isRefusedSql } from './catalog-orders.ts';
import { classOf, priorityClassSql } from './catalog-priority.ts';
import { isHeldSql, numberOf, numberOrNull, rowsOf, textOf, textOrNull } from './catalog-rows.ts';

/** When `study` came, or when a person asked that it is sent. */
const waitingSinceSql = `max(firstArrivedAtMs, coalesce((SELECT releasedAtMs FROM outside
  WHERE outside.studyInstanceUid = study.studyInstanceUid), 0))`;

export async function readOpenPacks(database: Database): Promise<readonly OpenPack[]> {
  const rows = await rowsOf(
    database,
    `SELECT packId, kind, center, groupId, sizeBytes, studyInstanceUid,
       coalesce((SELECT ${priorityClassSql} FROM study
         WHERE study.studyInstanceUid = pack.studyInstanceUid AND pack.isAgain = 0), class) AS class,
       coalesce((SELECT ${waitingSinceSql} FROM study
         WHERE study.studyInstanceUid = pack.studyInstanceUid AND pack.isAgain = 0), sealedAtMs) AS sinceMs
     FROM pack WHERE state = 'sealed' ORDER BY ordinal`,
  );
  return rows.map((row) => ({
    packId: textOf(row['packId']),
    center: textOf(row['center']),
    class: classOf(numberOf(row['class'])),
    isLetter: ['receipt', 'control'].includes(textOf(row['kind'])),
    waitingSinceMs: numberOf(row['sinceMs']),
    group: textOf(row['groupId']),
    sizeBytes: numberOf(row['sizeBytes']),
    study: textOrNull(row['studyInstanceUid']),
  }));
}

/** By tally and index: it costs as much as waits, however much is stored. */
export async function readWaitingStudies(database: Database): Promise<readonly WaitingStudy[]> {
  const rows = await rowsOf(
    database,
    `SELECT studyInstanceUid, ${waitingSinceSql} AS sinceMs, ${priorityClassSql} AS priorityClass,
       (SELECT sum(sizeBytes) FROM tally WHERE tally.studyInstanceUid = study.studyInstanceUid
         AND state = 'stored') AS unsealedBytes
     FROM study WHERE isIdentified = 1 AND NOT ${isHeldSql} AND NOT ${isRefusedSql} AND studyInstanceUid IN
       (SELECT studyInstanceUid FROM tally WHERE state = 'stored' AND number > 0
        UNION SELECT studyInstanceUid FROM pack WHERE state = 'sealed')`,
  );
  return rows.map((row) => ({
    study: textOf(row['studyInstanceUid']),
    class: classOf(numberOf(row['priorityClass'])),
    waitingSinceMs: numberOf(row['sinceMs']),
    unsealedBytes: numberOf(row['unsealedBytes']),
  }));
}

/** `instance` behind `${table}`, waiting for the center's receipt. */
const holdsPacked = (
  table: string,
  isLeft = 'TRUE',
): string => `EXISTS (SELECT 1 FROM ${table} AS part
  JOIN instance USING (sopInstanceUid, datasetSha256)
  WHERE part.packId = pack.packId AND instance.state = 'packed' AND ${isLeft})`;

/** `pack` carries or lists what the center has not confirmed. */
export const isUnconfirmedSql = `((kind = 'data' AND ${holdsPacked('pack_instance', 'part.isLost = 0')})
  OR (kind = 'manifest' AND hasList = 1 AND ${holdsPacked('manifest_instance')}))`;

export async function readUnconfirmedPacks(
  database: Database,
  study?: string,
): Promise<readonly UnconfirmedPack[]> {
  const isWanted = study === undefined ? isCentersTurnSql : 'pack.studyInstanceUid = ?';
  const rows = await rowsOf(
    database,
    `SELECT packId, studyInstanceUid, center, sizeBytes,
       (SELECT atMs FROM offered_again AS offer
         WHERE offer.studyInstanceUid = pack.studyInstanceUid) AS offeredAtMs,
       (SELECT count(*) FROM pack AS gone WHERE gone.studyInstanceUid = pack.studyInstanceUid
         AND gone.kind = 'manifest' AND gone.hasList = 1 AND gone.state = 'dropped') AS resends
     FROM pack WHERE state = 'custody'
     AND studyInstanceUid IN (SELECT studyInstanceUid FROM tally WHERE state = 'packed' AND number > 0)
     AND NOT EXISTS (SELECT 1 FROM pack AS open WHERE open.state = 'sealed'
       AND open.studyInstanceUid = pack.studyInstanceUid)
     AND CASE WHEN ${isWanted} THEN ${isUnconfirmedSql} ELSE FALSE END
     ORDER BY ordinal`,
    ...(study === undefined ? [] : [study]),
  );
  return rows.map((row) => ({
    packId: textOf(row['packId']),
    offeredAtMs: numberOrNull(row['offeredAtMs']) ?? undefined,
    study: textOf(row['studyInstanceUid']),
    center: textOf(row['center']),
    sizeBytes: numberOf(row['sizeBytes']),
    resends: numberOf(row['resends']),
  }));
}

export async function readUnwantedPacks(database: Database): Promise<readonly string[]> {
  const holds = (table: string): string => `EXISTS (SELECT 1 FROM ${table} AS part
    JOIN instance USING (sopInstanceUid, datasetSha256)
    WHERE part.packId = pack.packId AND instance.state IN ('rejected', 'aside', 'discarded'))`;
  const rows = await rowsOf(
    database,
    `SELECT packId FROM pack WHERE state = 'sealed'
     AND (${holds('pack_instance')} OR ${holds('manifest_instance')}
       OR (kind = 'manifest' AND NOT EXISTS (SELECT 1 FROM instance
         WHERE instance.studyInstanceUid = pack.studyInstanceUid
         AND instance.state NOT IN ('rejected', 'aside', 'discarded', 'resend'))))
     ORDER BY ordinal`,
  );
  return rows.map((row) => textOf(row['packId']));
}

export async function readDeliveredPacks(database: Database): Promise<readonly string[]> {
  const rows = await rowsOf(
    database,
    `SELECT packId FROM pack WHERE state = 'sealed' AND kind = 'data'
     AND EXISTS (SELECT 1 FROM pack_instance AS part WHERE part.packId = pack.packId)
     AND NOT EXISTS (SELECT 1 FROM pack_instance AS part
       LEFT JOIN instance USING (sopInstanceUid, datasetSha256)
       WHERE part.packId = pack.packId
       AND ifnull(instance.state, '') NOT IN ('delivered', 'purged'))
     ORDER BY ordinal`,
  );
  return rows.map((row) => textOf(row['packId']));
}

export async function readManifest(
  database: Database,
  packId: string,
): Promise<OwnManifest | undefined> {
  const [row] = await rowsOf(
    database,
    `SELECT pack.*, ${addresseeSql} AS addressee FROM pack LEFT JOIN study USING (studyInstanceUid)
     WHERE packId = ? AND kind = 'manifest'`,
    packId,
  );
  if (!row) return undefined;
  const listed = await rowsOf(
    database,
    'SELECT datasetSha256 FROM manifest_instance WHERE packId = ?',
    packId,
  );
  return {
    packId,
    study: textOf(row['studyInstanceUid']),
    center: textOf(row['center']),
    version: numberOf(row['manifestVersion']),
    addressee: textOrNull(row['addressee']) ?? undefined,
    listedDigests:
      numberOf(row['hasList']) === 1
        ? new Set(listed.map((each) => textOf(each['datasetSha256'])))
        : undefined,
  };
}
