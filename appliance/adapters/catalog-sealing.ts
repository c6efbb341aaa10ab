import type { Database, Row } from '#sync/core/database.ts';
import type { StudyHeader } from '../ports-studies.ts';
import type {
  ListedInstance,
  OpenPack,
  OwnManifest,
  PendingInstance,
  SealingStudy,
  UnconfirmedPack,
  WaitingStudy,
} from '../ports-waiting.ts';
import { addresseeSql, isOfAddresseeSql } from './catalog-centers.ts';
import { isCentersTurnSql, isOfferDueSql, nextOffersSql } from './catalog-ledger.ts';
import { isRefusedSql, orderBodySql, orderOf, untoldSql } from './catalog-orders.ts';
import { priorityClassSql, priorityColumnsSql, priorityOf } from './catalog-priority.ts';
import { isHeldSql, numberOf, numberOrNull, rowsOf, textOf, textOrNull } from './catalog-rows.ts';

/** States of instances that are to reach the center: all but purged, held and damaged ones. */
export const travelling = "('stored', 'packed', 'delivered')";

/**
 * Whether the newest list of `study` names every instance that is to be delivered: lists only grow, so an instance
 * that any list named is in the newest.
 */
export const isListedSql = `NOT EXISTS (SELECT 1 FROM instance
  WHERE instance.studyInstanceUid = study.studyInstanceUid AND instance.listedIn IS NULL
  AND instance.state IN ${travelling})`;

/** The sending class of the newest manifest of `study`: what the center was told of its priority. */
const toldClassSql = `(SELECT class FROM pack WHERE kind = 'manifest' AND state <> 'dropped'
  AND isAgain = 0 AND pack.studyInstanceUid = study.studyInstanceUid ORDER BY manifestVersion DESC LIMIT 1)`;

// Became STAT, or is it no longer, while images of it are on their way.
const untoldStatSql = `SELECT studyInstanceUid FROM study
  WHERE studyInstanceUid IN (SELECT studyInstanceUid FROM priority)
  AND (${priorityClassSql} = 0) <> (${toldClassSql} = 0)
  AND EXISTS (SELECT 1 FROM instance WHERE instance.studyInstanceUid = study.studyInstanceUid
    AND state IN ('stored', 'packed'))`;

/** Studies with something left to seal, by class, then the oldest. */
export async function readSealingStudies(database: Database): Promise<readonly SealingStudy[]> {
  const rows = await rowsOf(
    database,
    `SELECT studyInstanceUid, ${priorityClassSql} AS priorityClass, ${orderBodySql} AS orderBody,
       ${toldClassSql} AS toldClass, ${addresseeSql} AS addressee, callingAeTitle,
       (SELECT json_group_array(DISTINCT modality) FROM series
         WHERE series.studyInstanceUid = study.studyInstanceUid) AS modalities,
       (SELECT groupId FROM pack WHERE pack.studyInstanceUid = study.studyInstanceUid
         AND kind <> 'receipt' AND ${isOfAddresseeSql} ORDER BY ordinal LIMIT 1) AS groupId,
       (SELECT count(*) FROM instance WHERE instance.studyInstanceUid = study.studyInstanceUid
         AND state = 'stored') AS pendingCount,
       (SELECT max(manifestVersion) FROM pack WHERE kind = 'manifest' AND ${isOfAddresseeSql}
         AND pack.studyInstanceUid = study.studyInstanceUid) AS manifestVersion,
       (SELECT count(*) FROM pack WHERE kind = 'manifest' AND hasList = 1 AND ${isOfAddresseeSql}
         AND pack.studyInstanceUid = study.studyInstanceUid) AS listCount,
       (SELECT max(sealedAtMs) FROM pack WHERE kind = 'manifest' AND hasList = 1 AND ${isOfAddresseeSql}
         AND pack.studyInstanceUid = study.studyInstanceUid) AS lastListAtMs,
       (SELECT toldRevision FROM orders WHERE orderId = (SELECT orderId FROM study_order
         WHERE study_order.studyInstanceUid = study.studyInstanceUid)) AS toldRevision,
       ${isListedSql} AS isListed, ${isOfferDueSql} AS isOfferDue
     FROM study WHERE isIdentified = 1 AND NOT ${isHeldSql} AND NOT ${isRefusedSql} AND studyInstanceUid IN
       (SELECT studyInstanceUid FROM instance WHERE state = 'stored'
        UNION SELECT studyInstanceUid FROM instance WHERE listedIn IS NULL AND state IN ${travelling}
          AND studyInstanceUid NOT IN (SELECT studyInstanceUid FROM offered_again)
        UNION ${nextOffersSql(travelling)}
        UNION ${untoldSql} UNION ${untoldStatSql})
     ORDER BY priorityClass, firstArrivedAtMs, studyInstanceUid`,
  );
  return rows.map((row) => ({
    study: textOf(row['studyInstanceUid']),
    class: classOf(numberOf(row['priorityClass'])),
    isPriorityTold:
      (numberOf(row['toldClass'] ?? 2) === 0) === (numberOf(row['priorityClass']) === 0),
    isOrderTold: numberOf(row['toldRevision']) >= (orderOf(row)?.revision ?? 0),
    ...addressOf(row),
    group: textOrNull(row['groupId']) ?? undefined,
    pendingCount: numberOf(row['pendingCount']),
    manifestVersion: numberOf(row['manifestVersion']),
    listCount: numberOf(row['listCount']),
    lastListAtMs: numberOrNull(row['lastListAtMs']) ?? undefined,
    isListed: numberOf(row['isListed']) === 1,
    isOfferDue: numberOf(row['isOfferDue']) === 1,
  }));
}

export async function readPendingInstances(
  database: Database,
  study: string,
  limit: number,
): Promise<readonly PendingInstance[]> {
  const rows = await rowsOf(
    database,
    `SELECT instance.*,
       (SELECT group_concat(fromByte || '-' || toByte)
        FROM pack_instance JOIN pack USING (packId)
        WHERE pack_instance.sopInstanceUid = instance.sopInstanceUid
        AND pack_instance.datasetSha256 = instance.datasetSha256 AND isLost = 0
        AND pack.state <> 'dropped') AS covered
     FROM instance WHERE studyInstanceUid = ? AND state = 'stored'
     ORDER BY arrivedAtMs, segment, recordOffset LIMIT ?`,
    study,
    limit,
  );
  return rows.map((row) => ({
    sopInstanceUid: textOf(row['sopInstanceUid']),
    datasetSha256: textOf(row['datasetSha256']),
    arrivedAtMs: numberOf(row['arrivedAtMs']),
    segment: textOf(row['segment']),
    recordOffset: numberOf(row['recordOffset']),
    payloadOffset: numberOf(row['payloadOffset']),
    payloadSizeBytes: numberOf(row['payloadSizeBytes']),
    fileHeaderSizeBytes: numberOf(row['fileHeaderSizeBytes']),
    covered: rangesOf(textOf(row['covered'])),
  }));
}

/**
 * Every instance that the next list of the study names, in a fixed order; what left this box is at the center, unless
 * that was put back from a backup: nobody knows then, and nobody here could help.
 */
export async function readListedInstances(
  database: Database,
  study: string,
): Promise<readonly ListedInstance[]> {
  const rows = await rowsOf(
    database,
    `SELECT sopInstanceUid, sopClassUid, seriesInstanceUid, transferSyntaxUid, datasetSha256,
       payloadSizeBytes
     FROM instance WHERE studyInstanceUid = ? AND (state IN ${travelling} OR (state = 'purged'
       AND NOT EXISTS (SELECT 1 FROM offered_again AS offer
         WHERE offer.studyInstanceUid = instance.studyInstanceUid)))
     ORDER BY sopInstanceUid, datasetSha256`,
    study,
  );
  return rows.map((row) => ({
    sopInstanceUid: textOf(row['sopInstanceUid']),
    sopClassUid: textOf(row['sopClassUid']),
    seriesInstanceUid: textOf(row['seriesInstanceUid']),
    transferSyntaxUid: textOf(row['transferSyntaxUid']),
    datasetSha256: textOf(row['datasetSha256']),
    sizeBytes: numberOf(row['payloadSizeBytes']),
  }));
}

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

/** Who the study goes to, and what rules go by. */
function addressOf(row: Row): Pick<SealingStudy, 'addressee' | 'ground'> {
  return {
    addressee: textOrNull(row['addressee']) ?? undefined,
    ground: {
      callingAeTitle: textOf(row['callingAeTitle']),
      modalities: JSON.parse(textOf(row['modalities'])) as readonly string[],
      orderPriority: orderOf(row)?.priority,
    },
  };
}

function rangesOf(text: string): readonly { readonly from: number; readonly to: number }[] {
  return text
    .split(',')
    .filter((range) => range !== '')
    .map((range) => {
      const [from, to] = range.split('-').map(Number);
      return { from: from ?? 0, to: to ?? 0 };
    })
    .sort((a, b) => a.from - b.from);
}

function classOf(value: number): 0 | 1 | 2 | 3 {
  return value === 0 || value === 1 || value === 3 ? value : 2;
}
