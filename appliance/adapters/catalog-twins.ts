import type { Database } from '#sync/core/database.ts';
import type { TwinPair } from '../store/twins.ts';
import { asideStates, rowsOf, storedObjectOf, textOf } from './catalog-rows.ts';

const held = "held.state = 'conflict' AND held.isCompared = 0";

/** The next held object that is not compared, with the one that goes on under its UID. */
export async function readUncompared(database: Database): Promise<TwinPair | undefined> {
  const [pair] = await rowsOf(
    database,
    `SELECT held.sopInstanceUid, kept.datasetSha256 AS kept, held.datasetSha256 AS held
     FROM instance AS held JOIN instance AS kept
       ON kept.sopInstanceUid = held.sopInstanceUid AND kept.state NOT IN ${asideStates}
     WHERE ${held} LIMIT 1`,
  );
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
