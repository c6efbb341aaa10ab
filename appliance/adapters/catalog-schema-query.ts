import type { Migration } from '#sync/core/database.ts';

/**
 * What queries need beside what sealing and the screen do. `described`: JSON of what one instance of the series tells
 * beyond the catalog; NULL until somebody looked, so an older catalog is filled behind its start, in steps.
 */
export const queryMigration: Omit<Migration, 'version'> = {
  statements: [
    'ALTER TABLE series ADD COLUMN described TEXT',
    'CREATE INDEX seriesToDescribe ON series (studyInstanceUid) WHERE described IS NULL',
    'CREATE INDEX instanceOfSeries ON instance (studyInstanceUid, seriesInstanceUid, state)',
    'CREATE INDEX studyOfPatient ON study (patientId, issuerOfPatientId)',
    'CREATE INDEX studyByDate ON study (studyDate)',
    'CREATE INDEX studyByAccession ON study (accessionNumber)',
  ],
};
