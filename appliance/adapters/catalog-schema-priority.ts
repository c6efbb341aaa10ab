import type { Migration } from '#sync/core/database.ts';

/** What persons and rules said of how soon a study travels; it may be known before its first image is. */
export const priorityMigration: Omit<Migration, 'version'> = {
  statements: [
    `CREATE TABLE priority (
      studyInstanceUid TEXT PRIMARY KEY,
      byPerson INTEGER,
      person TEXT,
      byRule INTEGER,
      rule TEXT
    ) STRICT`,
  ],
};
