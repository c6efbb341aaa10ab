import type { Migration } from '#sync/core/database.ts';

/** To which receiving key a pack was sealed: its id in hex, unknown of packs from before. */
export const epochsMigration: Omit<Migration, 'version'> = {
  statements: [
    'ALTER TABLE pack ADD COLUMN kid TEXT',
    'CREATE INDEX packOfEpoch ON pack (kid) WHERE kid IS NOT NULL',
  ],
};
