import type { Migration } from '#sync/core/database.ts';

/** A person's word that a study goes once more; the next re-send takes it away. */
export const resendWordMigration: Omit<Migration, 'version'> = {
  statements: ['CREATE TABLE resend_word (studyInstanceUid TEXT PRIMARY KEY) STRICT'],
};

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
