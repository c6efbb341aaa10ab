import type { Database, Row } from '#sync/core/database.ts';
import type { HousekeepingCatalog, RetainedStudy } from '../housekeeping/ports.ts';
import type { InstanceState } from '../store/instance-states.ts';
import { goneStates, numberOf, rowsOf, statement, textOf, textOrNull } from './catalog-rows.ts';
import { placedOf, type Query, segmentUseOf } from './catalog-segment-use.ts';
import { readTombstones } from './catalog-tombstones.ts';

const openStates = "('stored', 'packed', 'damaged', 'conflict', 'identity')";
const here = `state NOT IN ${goneStates}`;
const shownState = "iif(state = 'conflict' AND isCompared = 0, 'held', state)";

/** What housekeeping reads of the catalog; facts change it, and notes are the only thing written here. */
export function createHousekeepingCatalog(database: Database): HousekeepingCatalog {
  const query: Query = (sql, ...args) => rowsOf(database, sql, ...args);
  return {
    retained: async (beforeMs, after, limit) => {
      const rows = await query(
        retainedSql,
        beforeMs,
        after?.lastArrivedAtMs ?? Number.MIN_SAFE_INTEGER,
        after?.study ?? '',
        limit,
      );
      return rows.map(retainedOf);
    },
    tombstones: (study, state, limit) => readTombstones(database, study, state, limit),
    forgettable: async (beforeMs, limit) => {
      const rows = await query(
        `SELECT studyInstanceUid FROM instance WHERE state IN ${goneStates}
         GROUP BY studyInstanceUid HAVING max(goneAtMs) < ? LIMIT ?`,
        beforeMs,
        limit,
      );
      return rows.map((row) => textOf(row['studyInstanceUid']));
    },

    ...segmentUseOf(query),
    placed: async (after, limit) => {
      const rows = await query(
        `SELECT * FROM instance WHERE (segment, recordOffset) > (?, ?) AND ${here}
         ORDER BY segment, recordOffset LIMIT ?`,
        after?.segment ?? '',
        after?.recordOffset ?? -1,
        limit,
      );
      return rows.map(placedOf);
    },
    readNote: async (name) => {
      const [row] = await query('SELECT value FROM meta WHERE key = ?', `note ${name}`);
      return row && textOf(row['value']);
    },
    writeNote: async (name, text) => {
      await database.write([
        statement(
          'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
          `note ${name}`,
          text,
        ),
      ]);
    },

    study: async (study) => {
      const [row] = await query('SELECT * FROM study WHERE studyInstanceUid = ?', study);
      return (
        row && {
          isPinned: numberOf(row['isPinned']) === 1,
          discardAskedBy: textOrNull(row['discardAskedBy']) ?? undefined,
        }
      );
    },
    instancesOf: async (study, after, limit = -1) => {
      const rows = await query(
        `SELECT sopInstanceUid, datasetSha256, ${shownState} AS state,
           EXISTS (SELECT 1 FROM pack_instance AS piece JOIN pack USING (packId)
             WHERE piece.sopInstanceUid = instance.sopInstanceUid
             AND piece.datasetSha256 = instance.datasetSha256 AND pack.state = 'custody') AS isOut
         FROM instance WHERE studyInstanceUid = ? AND (sopInstanceUid, datasetSha256) > (?, ?)
         ORDER BY sopInstanceUid, datasetSha256 LIMIT ?`,
        study,
        after?.sopInstanceUid ?? '',
        after?.datasetSha256 ?? '',
        limit,
      );
      return rows.map((row) => ({
        sopInstanceUid: textOf(row['sopInstanceUid']),
        datasetSha256: textOf(row['datasetSha256']),
        state: textOf(row['state']) as InstanceState,
        isOut: numberOf(row['isOut']) === 1,
      }));
    },
  };
}

const ofStudy = 'instance.studyInstanceUid = study.studyInstanceUid';
const retainedSql = `SELECT studyInstanceUid, isIdentified, isPinned, lastArrivedAtMs,
   (SELECT json_group_object(state, number) FROM (SELECT ${shownState} AS state, count(*) AS number
     FROM instance WHERE ${ofStudy} GROUP BY 1)) AS counts,
   (SELECT count(*) FROM instance WHERE ${ofStudy} AND state = 'delivered' AND receiptPackId IS NULL)
     AS unprovenCount,
   (SELECT count(*) FROM instance WHERE ${ofStudy} AND state = 'delivered' AND isArchived = 0)
     AS unarchivedCount,
   (SELECT max(deliveredAtMs) FROM instance WHERE ${ofStudy}) AS lastDeliveredAtMs,
   EXISTS (SELECT 1 FROM study AS other JOIN instance ON instance.studyInstanceUid = other.studyInstanceUid
     WHERE study.patientId <> '' AND other.patientId = study.patientId
     AND other.issuerOfPatientId = study.issuerOfPatientId
     AND other.studyInstanceUid <> study.studyInstanceUid AND instance.state IN ${openStates}) AS isPrior,
   EXISTS (SELECT 1 FROM instance JOIN instance AS twin ON twin.sopInstanceUid = instance.sopInstanceUid
     AND twin.datasetSha256 <> instance.datasetSha256 AND twin.state IN ('conflict', 'identity')
     WHERE ${ofStudy}) AS hasOpenTwin
 FROM study WHERE lastArrivedAtMs <= ? AND (lastArrivedAtMs, studyInstanceUid) > (?, ?)
   AND EXISTS (SELECT 1 FROM instance WHERE ${ofStudy} AND state = 'delivered')
 ORDER BY lastArrivedAtMs, studyInstanceUid LIMIT ?`;

function retainedOf(row: Row): RetainedStudy {
  return {
    study: textOf(row['studyInstanceUid']),
    isIdentified: numberOf(row['isIdentified']) === 1,
    isPinned: numberOf(row['isPinned']) === 1,
    counts: JSON.parse(textOf(row['counts'])) as RetainedStudy['counts'],
    unprovenCount: numberOf(row['unprovenCount']),
    unarchivedCount: numberOf(row['unarchivedCount']),
    lastArrivedAtMs: numberOf(row['lastArrivedAtMs']),
    lastDeliveredAtMs: numberOf(row['lastDeliveredAtMs']),
    isPriorOfOpenCase: numberOf(row['isPrior']) === 1,
    hasOpenTwin: numberOf(row['hasOpenTwin']) === 1,
  };
}
