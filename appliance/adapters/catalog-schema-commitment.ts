import type { Migration } from '#sync/core/database.ts';

/** What devices asked about; a row stays when it is answered, so that it can be asked again. */
export const commitmentMigration: Omit<Migration, 'version'> = {
  statements: [
    `CREATE TABLE commitment (
      callingAeTitle TEXT NOT NULL,
      transactionUid TEXT NOT NULL,
      calledAeTitle TEXT NOT NULL,
      address TEXT NOT NULL,
      askedAtMs INTEGER NOT NULL,
      refs TEXT NOT NULL,
      answeredAtMs INTEGER,
      PRIMARY KEY (callingAeTitle, transactionUid)
    ) STRICT`,
    'CREATE INDEX commitmentOpen ON commitment (askedAtMs) WHERE answeredAtMs IS NULL',
  ],
};
