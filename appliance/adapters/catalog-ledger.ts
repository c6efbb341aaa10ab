import type { Database, Statement } from '#sync/core/database.ts';
import type { KnownLedger, PackedInstance } from '../ports-waiting.ts';
import type { BoxFact } from '../store/facts.ts';
import { addresseeSql } from './catalog-centers.ts';
import { numberOf, rowsOf, statement, textOf, travellingStates } from './catalog-rows.ts';

/** `study` is offered again to the center that it is addressed to. */
export const isOfferedSql = `EXISTS (SELECT 1 FROM offered_again AS offer
  WHERE offer.studyInstanceUid = study.studyInstanceUid)`;

const offerSql = (of: string): string => `SELECT 1 FROM offered_again AS offer
  JOIN pack AS offering ON offering.studyInstanceUid = offer.studyInstanceUid AND offering.isAgain = 1
    AND offering.ordinal > offer.afterOrdinal
  WHERE offer.studyInstanceUid = ${of}.studyInstanceUid`;

/** The list that offers `study` again is not sealed yet, or was lost. */
export const isOfferDueSql = `(${isOfferedSql}
  AND NOT EXISTS (${offerSql('study')} AND offering.state <> 'dropped'))`;

/** Thousands may be due: some at a time, the newest first, since those are the likeliest to be missing there. */
export const nextOffersSql = `SELECT * FROM (SELECT studyInstanceUid
  FROM offered_again CROSS JOIN study USING (studyInstanceUid)
  WHERE EXISTS (SELECT 1 FROM instance WHERE instance.studyInstanceUid = study.studyInstanceUid
    AND instance.listedIn IS NULL AND instance.state IN ${travellingStates})
  ORDER BY lastArrivedAtMs DESC LIMIT 200)`;

/**
 * While a study is offered again, it is the center's turn only once the list is there and nothing waits here; and that
 * list stands for all its packs, since there may be thousands of such studies.
 */
export const isCentersTurnSql = `(NOT EXISTS (SELECT 1 FROM offered_again AS offer
    WHERE offer.studyInstanceUid = pack.studyInstanceUid)
  OR (pack.isAgain = 1 AND EXISTS (${offerSql('pack')} AND offering.packId = pack.packId)
    AND NOT EXISTS (SELECT 1 FROM instance WHERE instance.studyInstanceUid = pack.studyInstanceUid
      AND instance.state = 'stored')))`;

/** `listed`, of a manifest, proves something: it is no list from before its study was offered again. */
export const isAfterOfferSql = `NOT EXISTS (SELECT 1 FROM pack AS manifest
  JOIN offered_again AS offer USING (studyInstanceUid)
  WHERE manifest.packId = listed.packId AND manifest.ordinal <= offer.afterOrdinal)`;

/**
 * `report` was read on a list that names all that is to be delivered, and newer lists are of a study that was only offered
 * again: it is no older than the images.
 */
export const isReadWholeSql = `(EXISTS (SELECT 1 FROM pack AS offering
    WHERE offering.studyInstanceUid = report.studyInstanceUid AND offering.isAgain = 1)
  OR EXISTS (SELECT 1 FROM offered_again AS offer
    WHERE offer.studyInstanceUid = report.studyInstanceUid))
  AND NOT EXISTS (SELECT 1 FROM instance WHERE instance.studyInstanceUid = report.studyInstanceUid
    AND instance.state IN ${travellingStates} AND NOT EXISTS (SELECT 1 FROM manifest_instance AS listed
      WHERE listed.packId = report.manifest AND listed.sopInstanceUid = instance.sopInstanceUid
      AND listed.datasetSha256 = instance.datasetSha256))`;

/**
 * A center names its ledger id. Another one under a higher list: everything that it signed for, or may have fetched, is
 * only on its way again, as before its receipt, and no list of before says that it was told. What is here no more is
 * left as it is.
 */
export function ledgerChanged({
  center,
  ledger,
  list,
  atMs,
}: Extract<BoxFact, { readonly fact: 'ledger' }>): readonly Statement[] {
  const isChange = `EXISTS (SELECT 1 FROM center_ledger AS known
    WHERE known.center = ? AND known.ledger <> ? AND known.list < ?)`;
  const change = [center, ledger, list] as const;
  return [
    statement(
      `INSERT INTO offered_again (studyInstanceUid, center, atMs, afterOrdinal)
       SELECT studyInstanceUid, ?, ?, (SELECT coalesce(max(ordinal), 0) FROM pack) FROM study
       WHERE studyInstanceUid IN (SELECT studyInstanceUid FROM instance
         WHERE state IN ('packed', 'delivered')) AND ${addresseeSql} = ? AND ${isChange}
       ON CONFLICT DO UPDATE SET center = excluded.center, atMs = excluded.atMs,
         afterOrdinal = excluded.afterOrdinal`,
      ...[center, atMs, center, ...change],
    ),
    statement(
      `UPDATE instance SET state = 'packed', listedIn = NULL, deliveredAtMs = NULL, destination = NULL,
         receiptPackId = NULL
       WHERE state IN ('packed', 'delivered') AND ${isChange} AND studyInstanceUid IN
         (SELECT studyInstanceUid FROM offered_again WHERE center = ?)`,
      ...[...change, center],
    ),
    statement(
      `INSERT INTO center_ledger (center, ledger, list) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET ledger = excluded.ledger, list = excluded.list,
         countsFrom = iif(excluded.ledger = ledger, countsFrom, excluded.list)
       WHERE excluded.list > list`,
      ...change,
    ),
  ];
}

/** What a study is offered again for ends when the center has confirmed all that is here. */
export function offerAnswered(study: string): Statement {
  return statement(
    `DELETE FROM offered_again WHERE studyInstanceUid = ? AND NOT EXISTS
       (SELECT 1 FROM instance WHERE instance.studyInstanceUid = offered_again.studyInstanceUid
        AND state IN ('stored', 'packed'))`,
    study,
  );
}

/** What carried these is gone at the center: they are sealed anew, once a note in `resend`. */
export function lostThere(
  study: string,
  digests: readonly string[],
  atMs: number,
): readonly Statement[] {
  const isNew = `NOT EXISTS (SELECT 1 FROM resend
    WHERE resend.studyInstanceUid = ? AND resend.atMs = ?)`;
  const isNamed = `(sopInstanceUid, datasetSha256) IN (SELECT sopInstanceUid, datasetSha256 FROM instance
    WHERE studyInstanceUid = ? AND state = 'packed'
    AND datasetSha256 IN (SELECT value FROM json_each(?)))`;
  const args = [study, JSON.stringify(digests), study, atMs] as const;
  return [
    statement(`UPDATE pack_instance SET isLost = 1 WHERE ${isNamed} AND ${isNew}`, ...args),
    statement(`UPDATE instance SET state = 'stored' WHERE ${isNamed} AND ${isNew}`, ...args),
  ];
}

export async function readLedgers(database: Database): Promise<ReadonlyMap<string, KnownLedger>> {
  const rows = await rowsOf(database, 'SELECT * FROM center_ledger');
  return new Map(
    rows.map((row) => [
      textOf(row['center']),
      {
        ledger: textOf(row['ledger']),
        list: numberOf(row['list']),
        countsFrom: numberOf(row['countsFrom']),
      },
    ]),
  );
}

export async function readOffers(
  database: Database,
  center: string,
): Promise<{ readonly offered: number; readonly gone: number }> {
  const [row] = await rowsOf(
    database,
    `SELECT (SELECT count(*) FROM offered_again WHERE center = ?) AS offered,
       (SELECT count(*) FROM study WHERE ${addresseeSql} = ? AND studyInstanceUid IN
         (SELECT studyInstanceUid FROM tally WHERE state = 'purged' AND number > 0)
         AND studyInstanceUid NOT IN (SELECT studyInstanceUid FROM offered_again)) AS gone`,
    ...[center, center],
  );
  return { offered: numberOf(row?.['offered']), gone: numberOf(row?.['gone']) };
}

/** With the share of each in the packs that carried it. */
export async function readPackedInstances(
  database: Database,
  study: string,
): Promise<readonly PackedInstance[]> {
  const rows = await rowsOf(
    database,
    `SELECT datasetSha256,
       (SELECT sum(pack.sizeBytes * (piece.toByte - piece.fromByte) / (SELECT sum(toByte - fromByte)
          FROM pack_instance AS part WHERE part.packId = pack.packId))
        FROM pack_instance AS piece JOIN pack USING (packId)
        WHERE piece.sopInstanceUid = instance.sopInstanceUid
        AND piece.datasetSha256 = instance.datasetSha256 AND piece.isLost = 0
        AND pack.state <> 'dropped') AS sizeBytes
     FROM instance WHERE studyInstanceUid = ? AND state = 'packed'
     ORDER BY sopInstanceUid, datasetSha256`,
    study,
  );
  return rows.map((row) => ({
    datasetSha256: textOf(row['datasetSha256']),
    sizeBytes: Math.ceil(numberOf(row['sizeBytes'])),
  }));
}
