import type { Database, Statement } from '#sync/core/database.ts';
import type { UntoldCenter } from '../ports-waiting.ts';
import type { BoxFact } from '../store/facts.ts';
import { numberOf, rowsOf, statement, textOf, textOrNull } from './catalog-rows.ts';

/**
 * The center of `study`, as root public key: the one a person said, else the one that has packs of it; NULL while
 * neither is so, and rules decide.
 */
export const addresseeSql = `coalesce(
  (SELECT center FROM address WHERE address.studyInstanceUid = study.studyInstanceUid),
  (SELECT center FROM pack WHERE pack.studyInstanceUid = study.studyInstanceUid
    AND kind <> 'receipt' AND state <> 'dropped' ORDER BY ordinal DESC LIMIT 1))`;

/** Packs of another center than the one `study` is addressed to, of its past; of nobody's while nobody is addressed. */
export const isOfAddresseeSql = `pack.center = coalesce(${addresseeSql}, pack.center)`;

export async function readAddressee(
  database: Database,
  study: string,
): Promise<string | undefined> {
  const sql = `SELECT ${addresseeSql} AS addressee FROM study WHERE studyInstanceUid = ?`;
  const [row] = await rowsOf(database, sql, study);
  return textOrNull(row?.['addressee']) ?? undefined;
}

export async function readDroppedAmong(
  database: Database,
  packIds: readonly string[],
): Promise<readonly string[]> {
  if (packIds.length === 0) return [];
  const rows = await rowsOf(
    database,
    `SELECT packId FROM pack WHERE state = 'dropped' AND packId IN (SELECT value FROM json_each(?))`,
    JSON.stringify(packIds),
  );
  return rows.map((row) => textOf(row['packId']));
}

/**
 * A new seal for a new party: nothing of what another center has or was to have counts any more. Said again of the
 * center that has it already, it changes nothing but the name of the person.
 */
export function addressed({
  study,
  center,
  by,
}: Extract<BoxFact, { readonly fact: 'addressed' }>): readonly Statement[] {
  const isElsewhere = `EXISTS (SELECT 1 FROM pack WHERE pack.studyInstanceUid = ? AND pack.center <> ?
    AND kind <> 'receipt' AND state <> 'dropped')`;
  return [
    statement(
      `INSERT INTO address (studyInstanceUid, center, person) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET version = version + (center <> excluded.center),
         center = excluded.center, person = excluded.person`,
      study,
      center,
      by,
    ),
    statement(
      `UPDATE orders SET toldRevision = 0 WHERE orderId =
         (SELECT orderId FROM study_order WHERE studyInstanceUid = ?) AND ${isElsewhere}`,
      study,
      study,
      center,
    ),
    statement(
      `UPDATE instance SET state = 'stored', listedIn = NULL, deliveredAtMs = NULL,
       destination = NULL, receiptPackId = NULL
       WHERE studyInstanceUid = ? AND state IN ('packed', 'delivered') AND ${isElsewhere}`,
      study,
      study,
      center,
    ),
    statement(
      `UPDATE instance SET listedIn = NULL WHERE studyInstanceUid = ? AND listedIn IN
         (SELECT packId FROM pack WHERE pack.studyInstanceUid = ? AND pack.center <> ?)`,
      study,
      study,
      center,
    ),
    statement(
      'DELETE FROM offered_again WHERE studyInstanceUid = ? AND center <> ?',
      ...[study, center],
    ),
    statement(
      `UPDATE pack SET state = 'dropped' WHERE studyInstanceUid = ? AND center <> ?
       AND kind <> 'receipt' AND state IN ('sealed', 'custody')`,
      study,
      center,
    ),
  ];
}

/**
 * Centers that must hear whose a study is now: those that it was sealed to before a person addressed it elsewhere, and
 * one of them that has it again. What never left a box was told to nobody, but only the center knows that.
 */
export async function readUntoldCenters(database: Database): Promise<readonly UntoldCenter[]> {
  const rows = await rowsOf(
    database,
    `SELECT address.studyInstanceUid AS study, former.center AS center, address.version AS version,
       former.center = address.center AS isYours
     FROM address CROSS JOIN pack AS former USING (studyInstanceUid)
     WHERE former.kind IN ('data', 'manifest') AND (former.center <> address.center OR EXISTS (SELECT 1 FROM addressee_told AS told
         WHERE told.studyInstanceUid = address.studyInstanceUid AND told.center = former.center))
       AND NOT EXISTS (SELECT 1 FROM addressee_told AS told
         WHERE told.studyInstanceUid = address.studyInstanceUid AND told.center = former.center
         AND told.version >= address.version)
     GROUP BY address.studyInstanceUid, former.center
     ORDER BY address.studyInstanceUid, former.center`,
  );
  return rows.map((row) => ({
    study: textOf(row['study']),
    center: textOf(row['center']),
    version: numberOf(row['version']),
    isYours: numberOf(row['isYours']) === 1,
  }));
}

/** A sealed letter that says whose a study is; one that is lost before custody is forgotten, and sealed anew. */
export function addresseeTold(
  packId: string,
  center: string,
  [study, version]: readonly [string, number],
): Statement {
  return statement(
    `INSERT OR IGNORE INTO addressee_told (packId, studyInstanceUid, center, version)
     VALUES (?, ?, ?, ?)`,
    ...[packId, study, center, version],
  );
}
