import type { Migration } from '#sync/core/database.ts';

/** Whose a report says it is, where the study is not on this box. */
export const strayReportMigration: Omit<Migration, 'version'> = {
  statements: [
    'ALTER TABLE report ADD COLUMN patient TEXT',
    "CREATE INDEX strayReport ON report (refusalKind) WHERE refusalKind = 'report/unknown-study'",
  ],
};

/** What somebody must hear of at once. */
export const criticalReportMigration: Omit<Migration, 'version'> = {
  statements: ['ALTER TABLE report ADD COLUMN critical TEXT'],
};
