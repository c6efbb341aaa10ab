import type { Migration } from '#sync/core/database.ts';

/** Pins, receipts behind purged instances, dead records, and what a person decided. */
export const housekeepingMigration: Omit<Migration, 'version'> = {
  statements: [
    'ALTER TABLE study ADD COLUMN isPinned INTEGER NOT NULL DEFAULT 0',
    // The first of two people asked for the end of what is rejected: name, and when.
    'ALTER TABLE study ADD COLUMN discardAskedBy TEXT',
    // The pack of the center's delivery receipt.
    'ALTER TABLE instance ADD COLUMN receiptPackId TEXT',
    'ALTER TABLE instance ADD COLUMN isArchived INTEGER NOT NULL DEFAULT 0',
    // Not null: the bytes here are rotten although the instance needs no resend.
    'ALTER TABLE instance ADD COLUMN badAtMs INTEGER',
    'ALTER TABLE instance ADD COLUMN goneAtMs INTEGER',
    'ALTER TABLE segment ADD COLUMN isReclaimed INTEGER NOT NULL DEFAULT 0',
    // Records that nobody needs any more, until their segment goes.
    `CREATE TABLE grave (segment TEXT NOT NULL, recordOffset INTEGER NOT NULL,
      PRIMARY KEY (segment, recordOffset)) STRICT, WITHOUT ROWID`,
    'CREATE INDEX instanceByPlace ON instance (segment, recordOffset)',
    'CREATE INDEX studyByArrival ON study (lastArrivedAtMs, studyInstanceUid)',
    // Deliveries that were noted before receipts were: the facts are applied once more.
    "DELETE FROM meta WHERE key = 'facts'",
  ],
};
