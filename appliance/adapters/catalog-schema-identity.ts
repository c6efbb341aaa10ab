import type { Migration } from '#sync/core/database.ts';

/**
 * Whose a study is. Studies without a legal number had keys that could not be sent; they are entered anew from the
 * segments at this start, which finds all of them since `segment` is empty then.
 */
export const identityMigration: Omit<Migration, 'version'> = {
  statements: [
    'ALTER TABLE study ADD COLUMN describedAtMs INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE study ADD COLUMN isFromDevice INTEGER NOT NULL DEFAULT 0',
    "UPDATE study SET describedAtMs = firstArrivedAtMs, isFromDevice = callingAeTitle <> ''",
    'ALTER TABLE instance ADD COLUMN isLossy INTEGER NOT NULL DEFAULT 0',
    `CREATE TABLE outside (
      studyInstanceUid TEXT PRIMARY KEY,
      markedAtMs INTEGER NOT NULL,
      releasedAtMs INTEGER,
      releasedBy TEXT
    ) STRICT`,
    `CREATE TABLE assigned (
      studyInstanceUid TEXT PRIMARY KEY,
      assignedAtMs INTEGER NOT NULL,
      assignedBy TEXT NOT NULL,
      patientId TEXT NOT NULL,
      issuerOfPatientId TEXT NOT NULL,
      patientName TEXT NOT NULL,
      patientBirthDate TEXT NOT NULL,
      patientSex TEXT NOT NULL
    ) STRICT`,
    `DELETE FROM segment WHERE EXISTS
      (SELECT 1 FROM study WHERE studyInstanceUid LIKE 'needs-identity-%')`,
    "DELETE FROM instance WHERE studyInstanceUid LIKE 'needs-identity-%'",
    "DELETE FROM series WHERE studyInstanceUid LIKE 'needs-identity-%'",
    "DELETE FROM study WHERE studyInstanceUid LIKE 'needs-identity-%'",
  ],
};
