import type { Database } from '#sync/core/database.ts';
import { isUnconfirmedSql } from './catalog-packs.ts';
import { rowsOf, textOf } from './catalog-rows.ts';

/** Packs sealed to one of these receiving keys (ids in hex) of which the center has not confirmed everything. */
export async function readPacksTo(
  database: Database,
  kids: readonly string[],
): Promise<readonly string[]> {
  if (kids.length === 0) return [];
  const rows = await rowsOf(
    database,
    `SELECT packId FROM pack WHERE kid IN (SELECT value FROM json_each(?))
     AND (state = 'sealed' OR (state = 'custody' AND ${isUnconfirmedSql})) ORDER BY ordinal`,
    JSON.stringify(kids),
  );
  return rows.map((row) => textOf(row['packId']));
}
