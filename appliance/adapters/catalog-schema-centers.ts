import type { Migration } from '#sync/core/database.ts';

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
