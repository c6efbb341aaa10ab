import type { Database, Row } from '#sync/core/database.ts';
import type { ListedInstance, PendingInstance, SealingStudy } from '../ports-waiting.ts';
import { addresseeSql, isOfAddresseeSql } from './catalog-centers.ts';
import { isOfferDueSql, nextOffersSql } from './catalog-ledger.ts';
import { isRefusedSql, orderBodySql, orderOf, untoldSql } from './catalog-orders.ts';
import { classOf, priorityClassSql } from './catalog-priority.ts';
import {
  isHeldSql,
  numberOf,
  numberOrNull,
  rowsOf,
  textOf,
  textOrNull,
  travellingStates,
} from './catalog-rows.ts';

/**
 * Whether the newest list of `study` names every instance that is to be delivered: lists only grow, so an instance
 * that any list named is in the newest.
 */
export const isListedSql = `NOT EXISTS (SELECT 1 FROM instance
  WHERE instance.studyInstanceUid = study.studyInstanceUid AND instance.listedIn IS NULL
  AND instance.state IN ${travellingStates})`;

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
        UNION SELECT studyInstanceUid FROM instance WHERE listedIn IS NULL AND state IN ${travellingStates}
          AND studyInstanceUid NOT IN (SELECT studyInstanceUid FROM offered_again)
        UNION ${nextOffersSql}
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
     FROM instance WHERE studyInstanceUid = ? AND (state IN ${travellingStates} OR (state = 'purged'
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
