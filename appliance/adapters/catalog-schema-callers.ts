import type { Migration } from '#sync/core/database.ts';

/** What persons decided about callers, the newest decision for each title at each address. */
export const callersMigration: Omit<Migration, 'version'> = {
  statements: [
    `CREATE TABLE caller_decision (
      aeTitle TEXT NOT NULL,
      address TEXT NOT NULL,
      verdict TEXT NOT NULL,
      decidedBy TEXT NOT NULL,
      atMs INTEGER NOT NULL,
      PRIMARY KEY (aeTitle, address)
    ) STRICT`,
  ],
};
