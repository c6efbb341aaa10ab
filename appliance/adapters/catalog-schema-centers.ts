import type { Migration } from '#sync/core/database.ts';

/** How often a person addressed a study, and which center was told of it by which pack. */
export const addresseeMigration: Omit<Migration, 'version'> = {
  statements: [
    'ALTER TABLE address ADD COLUMN version INTEGER NOT NULL DEFAULT 1',
    `CREATE TABLE addressee_told (
      packId TEXT PRIMARY KEY,
      studyInstanceUid TEXT NOT NULL,
      center TEXT NOT NULL,
      version INTEGER NOT NULL
    ) STRICT`,
    'CREATE INDEX addresseeOfStudy ON addressee_told (studyInstanceUid, center)',
  ],
};

/** To which center a person addressed a study: its root public key in hex. */
export const centersMigration: Omit<Migration, 'version'> = {
  statements: [
    `CREATE TABLE address (
      studyInstanceUid TEXT PRIMARY KEY,
      center TEXT NOT NULL,
      person TEXT NOT NULL
    ) STRICT`,
  ],
};
