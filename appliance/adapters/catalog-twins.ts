import type { Database, DatabaseFault } from '#sync/core/database.ts';
import { ok, type Result } from '#sync/core/result.ts';
import type { CatalogEntry } from '../ports-catalog.ts';
import type { HeldPair, TwinPair } from '../store/twins.ts';
import { asideStates, rowsOf, storedObjectOf, textOf } from './catalog-rows.ts';

/** Each held object with the one that goes on under its UID. */
const pairsSql = `SELECT held.sopInstanceUid, kept.datasetSha256 AS kept, held.datasetSha256 AS held
  FROM instance AS held JOIN instance AS kept
    ON kept.sopInstanceUid = held.sopInstanceUid AND kept.state NOT IN ${asideStates}
  WHERE held.state = 'conflict'`;

/** The UIDs among `entries` that now have two digests, with the one that goes on and those that are held. */
export async function readHeldPairs(
  database: Database,
  entries: readonly CatalogEntry[],
): Promise<Result<readonly HeldPair[], DatabaseFault>> {
  const uids = [...new Set(entries.map((entry) => entry.record.arrival.sopInstanceUid))];
  const sql = `${pairsSql} AND held.sopInstanceUid IN (SELECT value FROM json_each(?))`;
  const rows = await database.read(sql, [JSON.stringify(uids)]);
  if (!rows.ok) return rows;
  const fresh = new Set(entries.map(({ record }) => record.datasetSha256));
  return ok(
    rows.value
      .map((row) => ({
        sopInstanceUid: textOf(row['sopInstanceUid']),
        kept: textOf(row['kept']),
        held: textOf(row['held']),
      }))
      .filter((pair) => fresh.has(pair.held)),
  );
}

/** The next held object that is not compared, with the one that goes on under its UID. */
export async function readUncompared(database: Database): Promise<TwinPair | undefined> {
  const [pair] = await rowsOf(database, `${pairsSql} AND held.isCompared = 0 LIMIT 1`);
  if (!pair) return undefined;
  const rows = await rowsOf(
    database,
    'SELECT * FROM instance WHERE sopInstanceUid = ? AND datasetSha256 IN (?, ?)',
    textOf(pair['sopInstanceUid']),
    textOf(pair['kept']),
    textOf(pair['held']),
  );
  const [first, second] = [pair['kept'], pair['held']].map((digest) =>
    rows.find((row) => row['datasetSha256'] === digest),
  );
  return first && second
    ? { kept: storedObjectOf(first), held: storedObjectOf(second) }
    : undefined;
}
