import type { Statement } from '#sync/core/database.ts';
import type { Tombstones } from '../store/facts-housekeeping.ts';
import { descriptive, seriesSql, studySql } from './catalog-instances.ts';
import { goneStates, placeColumns, statement } from './catalog-rows.ts';

/** Behind the end of every segment: one that is reclaimed is never read again. */
const wholeSegment = Number.MAX_SAFE_INTEGER;

const tombstoneSql = `INSERT INTO instance
  (sopInstanceUid, datasetSha256, studyInstanceUid, seriesInstanceUid, sopClassUid, transferSyntaxUid,
   instanceNumber, arrivedAtMs, payloadSizeBytes, fileHeaderSizeBytes, segment, recordOffset, payloadOffset,
   receiptPackId, deliveredAtMs, destination, state, goneAtMs)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;

/**
 * Study, series and instances as they were, when a rebuild finds their records no more; then the end of these
 * places. Bytes that came again meanwhile stay.
 */
export function buried(
  { study, series, instances }: Tombstones,
  state: 'purged' | 'discarded',
  atMs: number,
): readonly Statement[] {
  return [
    statement(
      studySql,
      study.studyInstanceUid,
      study.isIdentified ? 1 : 0,
      study.callingAeTitle === '' ? 0 : 1,
      ...descriptive.map((name) => study[name]),
      study.firstArrivedAtMs,
      study.firstArrivedAtMs,
      study.lastArrivedAtMs,
    ),
    statement(
      'UPDATE study SET isStat = 1 WHERE studyInstanceUid = ? AND ?',
      study.studyInstanceUid,
      study.isStat ? 1 : 0,
    ),
    ...series.map((each) =>
      statement(
        seriesSql,
        each.seriesInstanceUid,
        study.studyInstanceUid,
        each.modality,
        each.seriesDescription,
        each.bodyPartExamined,
      ),
    ),
    ...instances.flatMap((each) => buriedInstance(study.studyInstanceUid, each, state, atMs)),
  ];
}

function buriedInstance(
  study: string,
  each: Tombstones['instances'][number],
  state: 'purged' | 'discarded',
  atMs: number,
): readonly Statement[] {
  const key = [each.sopInstanceUid, each.datasetSha256];
  const [segment = '', recordOffset = 0] = each.places[0] ?? [];
  const places = JSON.stringify(each.places);
  const isDead = '(segment, recordOffset) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))';
  const ofInstance = 'sopInstanceUid = ? AND datasetSha256 = ?';
  const otherCopy = `SELECT ${placeColumns} FROM copy WHERE copy.sopInstanceUid = instance.sopInstanceUid
    AND copy.datasetSha256 = instance.datasetSha256`;
  return [
    statement(
      tombstoneSql,
      ...key,
      study,
      each.seriesInstanceUid,
      each.sopClassUid,
      each.transferSyntaxUid,
      each.instanceNumber,
      each.arrivedAtMs,
      each.payloadSizeBytes,
      each.fileHeaderSizeBytes,
      segment,
      recordOffset,
      0,
      each.receipt?.packId ?? null,
      each.receipt?.atMs ?? null,
      each.receipt?.destination ?? null,
      state,
      atMs,
    ),
    statement(`DELETE FROM copy WHERE ${ofInstance} AND ${isDead}`, ...key, places),
    statement(
      `INSERT OR IGNORE INTO grave (segment, recordOffset)
       SELECT value ->> 0, value ->> 1 FROM json_each(?)
       WHERE NOT EXISTS (SELECT 1 FROM segment WHERE segment.segment = value ->> 0 AND isReclaimed = 1)`,
      places,
    ),
    statement(
      `UPDATE instance SET (${placeColumns}) = (${otherCopy} LIMIT 1)
       WHERE ${ofInstance} AND ${isDead} AND state NOT IN ${goneStates} AND EXISTS (${otherCopy})`,
      ...key,
      places,
    ),
    statement(
      `UPDATE instance SET state = ?, goneAtMs = ?, badAtMs = NULL, isCompared = 0
       WHERE ${ofInstance} AND ${isDead} AND state NOT IN ${goneStates}`,
      state,
      atMs,
      ...key,
      places,
    ),
  ];
}

/** What was copied out of the segment is read from its new place. */
export function reclaimed(segment: string): readonly Statement[] {
  const otherCopy = `SELECT ${placeColumns} FROM copy WHERE copy.sopInstanceUid = instance.sopInstanceUid
    AND copy.datasetSha256 = instance.datasetSha256 AND copy.segment <> instance.segment`;
  return [
    statement(
      `UPDATE instance SET (${placeColumns}) = (${otherCopy} LIMIT 1)
       WHERE segment = ? AND state NOT IN ${goneStates} AND EXISTS (${otherCopy})`,
      segment,
    ),
    statement('DELETE FROM copy WHERE segment = ?', segment),
    statement('DELETE FROM grave WHERE segment = ?', segment),
    statement(
      `INSERT INTO segment (segment, nextOffset, isReclaimed) VALUES (?, ?, 1)
       ON CONFLICT DO UPDATE SET nextOffset = excluded.nextOffset, isReclaimed = 1`,
      segment,
      wholeSegment,
    ),
  ];
}
