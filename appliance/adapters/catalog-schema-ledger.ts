import type { Migration } from '#sync/core/database.ts';

/**
 * The ledger id of each center, and the lowest list number whose receipts count since it changed; the studies that are
 * offered again to a center since then, and the packs that do it.
 */
export const ledgerMigration: Omit<Migration, 'version'> = {
  statements: [
    `CREATE TABLE center_ledger (
      center TEXT PRIMARY KEY,
      ledger TEXT NOT NULL,
      list INTEGER NOT NULL,
      countsFrom INTEGER NOT NULL DEFAULT 0
    ) STRICT`,
    `CREATE TABLE offered_again (
      studyInstanceUid TEXT PRIMARY KEY,
      center TEXT NOT NULL,
      atMs INTEGER NOT NULL,
      afterOrdinal INTEGER NOT NULL
    ) STRICT`,
    'ALTER TABLE pack ADD COLUMN isAgain INTEGER NOT NULL DEFAULT 0',
  ],
};

/** A piece that its center has lost: the pack that carried it counts for nothing any more. */
export const lostPieceMigration: Omit<Migration, 'version'> = {
  statements: ['ALTER TABLE pack_instance ADD COLUMN isLost INTEGER NOT NULL DEFAULT 0'],
};
