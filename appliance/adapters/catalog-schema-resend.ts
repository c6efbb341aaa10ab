import type { Migration } from '#sync/core/database.ts';

/** What was sealed anew without a person: how much of the budget that took, and for whose word. */
export const resendMigration: Omit<Migration, 'version'> = {
  statements: [
    `CREATE TABLE resend (
      studyInstanceUid TEXT NOT NULL,
      atMs INTEGER NOT NULL,
      sizeBytes INTEGER NOT NULL,
      asked TEXT,
      PRIMARY KEY (studyInstanceUid, atMs)
    ) STRICT`,
  ],
};
