import type { Migration } from '#sync/core/database.ts';

/** By these, what is asked all the time costs as much as is open, and not as much as the years have brought. */
export const lookupMigration: Omit<Migration, 'version'> = {
  statements: [
    'CREATE INDEX tallyByState ON tally (state)',
    'CREATE INDEX studyOfNobody ON study (studyInstanceUid) WHERE isIdentified = 0',
    // The receipt of a report; of most packs there is none.
    'CREATE INDEX packAnswering ON pack (answers) WHERE answers IS NOT NULL',
    'CREATE INDEX reportById ON report (report)',
    'CREATE INDEX reportByArrival ON report (receivedAtMs)',
    'CREATE INDEX reportRefused ON report (studyInstanceUid) WHERE refusal IS NOT NULL',
    'CREATE INDEX studyOfBoundOrder ON order_binding (orderId)',
  ],
};
