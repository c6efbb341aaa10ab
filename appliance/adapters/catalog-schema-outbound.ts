import type { Migration } from '#sync/core/database.ts';

/** What local destinations have, and since when the rules name them. */
export const outboundMigration: Omit<Migration, 'version'> = {
  statements: [
    'CREATE TABLE forward_from (destination TEXT PRIMARY KEY, fromMs INTEGER NOT NULL) STRICT',
    `CREATE TABLE forwarded (
      destination TEXT NOT NULL,
      sopInstanceUid TEXT NOT NULL,
      datasetSha256 TEXT NOT NULL,
      PRIMARY KEY (destination, sopInstanceUid, datasetSha256)
    ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX instanceByArrival ON instance (arrivedAtMs)',
  ],
};
