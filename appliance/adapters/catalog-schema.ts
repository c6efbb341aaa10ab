import type { Migration } from '#sync/core/database.ts';
import { callersMigration } from './catalog-schema-callers.ts';
import { addresseeMigration, centersMigration } from './catalog-schema-centers.ts';
import { commitmentMigration } from './catalog-schema-commitment.ts';
import { epochsMigration } from './catalog-schema-epochs.ts';
import { housekeepingMigration } from './catalog-schema-housekeeping.ts';
import { identityMigration } from './catalog-schema-identity.ts';
import { ledgerMigration, lostPieceMigration } from './catalog-schema-ledger.ts';
import { lookupMigration } from './catalog-schema-lookups.ts';
import { orderMigration } from './catalog-schema-orders.ts';
import { outboundMigration } from './catalog-schema-outbound.ts';
import { priorityMigration } from './catalog-schema-priority.ts';
import { queryMigration } from './catalog-schema-query.ts';
import { criticalReportMigration, strayReportMigration } from './catalog-schema-reports.ts';
import { resendMigration, resendWordMigration } from './catalog-schema-resend.ts';
import { tallyMigration } from './catalog-schema-tally.ts';

/**
 * The schema of `catalog.db`, one entry a version, forward-only. Columns carry the names of the types they fill.
 * Nothing here is the only copy of anything: segments and facts make it anew.
 */
export const catalogMigrations: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE study (
      studyInstanceUid TEXT PRIMARY KEY,
      isIdentified INTEGER NOT NULL,
      isStat INTEGER NOT NULL DEFAULT 0,
      patientId TEXT NOT NULL,
      issuerOfPatientId TEXT NOT NULL,
      patientName TEXT NOT NULL,
      patientBirthDate TEXT NOT NULL,
      patientSex TEXT NOT NULL,
      accessionNumber TEXT NOT NULL,
      studyDescription TEXT NOT NULL,
      studyDate TEXT NOT NULL,
      studyTime TEXT NOT NULL,
      callingAeTitle TEXT NOT NULL,
      firstArrivedAtMs INTEGER NOT NULL,
      lastArrivedAtMs INTEGER NOT NULL
    ) STRICT`,
      `CREATE TABLE series (
      seriesInstanceUid TEXT NOT NULL,
      studyInstanceUid TEXT NOT NULL REFERENCES study,
      modality TEXT NOT NULL,
      seriesDescription TEXT NOT NULL,
      bodyPartExamined TEXT NOT NULL,
      PRIMARY KEY (studyInstanceUid, seriesInstanceUid)
    ) STRICT`,
      `CREATE TABLE instance (
      sopInstanceUid TEXT NOT NULL,
      datasetSha256 TEXT NOT NULL,
      studyInstanceUid TEXT NOT NULL REFERENCES study,
      seriesInstanceUid TEXT NOT NULL,
      sopClassUid TEXT NOT NULL,
      transferSyntaxUid TEXT NOT NULL,
      instanceNumber TEXT NOT NULL,
      arrivedAtMs INTEGER NOT NULL,
      segment TEXT NOT NULL,
      recordOffset INTEGER NOT NULL,
      payloadOffset INTEGER NOT NULL,
      payloadSizeBytes INTEGER NOT NULL,
      fileHeaderSizeBytes INTEGER NOT NULL,
      state TEXT NOT NULL,
      listedIn TEXT,
      deliveredAtMs INTEGER,
      destination TEXT,
      PRIMARY KEY (sopInstanceUid, datasetSha256)
    ) STRICT`,
      'CREATE INDEX instanceOfStudy ON instance (studyInstanceUid, state)',
      // What is left to seal and to list; both stay small however much is stored.
      "CREATE INDEX instanceToSeal ON instance (studyInstanceUid) WHERE state = 'stored'",
      'CREATE INDEX instanceToList ON instance (studyInstanceUid, state) WHERE listedIn IS NULL',
      'CREATE INDEX instanceByState ON instance (state)',
      // The same object came again: a second place of the same bytes.
      `CREATE TABLE copy (
      segment TEXT NOT NULL,
      recordOffset INTEGER NOT NULL,
      sopInstanceUid TEXT NOT NULL,
      datasetSha256 TEXT NOT NULL,
      payloadOffset INTEGER NOT NULL,
      payloadSizeBytes INTEGER NOT NULL,
      fileHeaderSizeBytes INTEGER NOT NULL,
      PRIMARY KEY (segment, recordOffset)
    ) STRICT`,
      'CREATE INDEX copyOfInstance ON copy (sopInstanceUid, datasetSha256)',
      'CREATE TABLE segment (segment TEXT PRIMARY KEY, nextOffset INTEGER NOT NULL) STRICT',
      `CREATE TABLE pack (
      packId TEXT PRIMARY KEY,
      ordinal INTEGER NOT NULL,
      kind TEXT NOT NULL,
      center TEXT NOT NULL,
      studyInstanceUid TEXT,
      class INTEGER NOT NULL,
      groupId TEXT NOT NULL,
      sizeBytes INTEGER NOT NULL,
      state TEXT NOT NULL,
      sealedAtMs INTEGER NOT NULL,
      custodyAtMs INTEGER,
      manifestVersion INTEGER,
      hasList INTEGER NOT NULL DEFAULT 0,
      answers TEXT
    ) STRICT`,
      'CREATE INDEX packOfStudy ON pack (studyInstanceUid, kind)',
      'CREATE INDEX packByState ON pack (state)',
      'CREATE INDEX packOfGroup ON pack (groupId, ordinal)',
      `CREATE TABLE pack_instance (
      packId TEXT NOT NULL REFERENCES pack,
      sopInstanceUid TEXT NOT NULL,
      datasetSha256 TEXT NOT NULL,
      fromByte INTEGER NOT NULL,
      toByte INTEGER NOT NULL,
      PRIMARY KEY (packId, sopInstanceUid, datasetSha256, fromByte)
    ) STRICT`,
      'CREATE INDEX packsOfInstance ON pack_instance (sopInstanceUid, datasetSha256)',
      `CREATE TABLE manifest_instance (
      packId TEXT NOT NULL REFERENCES pack,
      sopInstanceUid TEXT NOT NULL,
      datasetSha256 TEXT NOT NULL,
      PRIMARY KEY (packId, sopInstanceUid, datasetSha256)
    ) STRICT`,
      `CREATE TABLE report (
      packId TEXT PRIMARY KEY,
      report TEXT NOT NULL,
      version INTEGER NOT NULL,
      studyInstanceUid TEXT NOT NULL,
      center TEXT NOT NULL,
      status TEXT NOT NULL,
      manifest TEXT NOT NULL,
      authorName TEXT NOT NULL,
      authorRegisterNo TEXT NOT NULL,
      signedOffAt TEXT NOT NULL,
      receivedAtMs INTEGER NOT NULL,
      documents TEXT NOT NULL,
      digest TEXT NOT NULL,
      supersedes TEXT,
      refusalKind TEXT,
      refusal TEXT
    ) STRICT`,
      'CREATE INDEX reportOfStudy ON report (studyInstanceUid)',
      'CREATE TABLE opened (packId TEXT PRIMARY KEY, signer TEXT NOT NULL, uid TEXT NOT NULL) STRICT',
      'CREATE TABLE quarantine (packId TEXT PRIMARY KEY, reason TEXT NOT NULL, atMs INTEGER NOT NULL) STRICT',
      'CREATE TABLE register (register TEXT PRIMARY KEY, version INTEGER NOT NULL, body TEXT NOT NULL) STRICT',
      `CREATE TABLE caller (
      callingAeTitle TEXT NOT NULL,
      calledAeTitle TEXT NOT NULL,
      address TEXT NOT NULL,
      isKnown INTEGER NOT NULL,
      firstAtMs INTEGER NOT NULL,
      lastAtMs INTEGER NOT NULL,
      PRIMARY KEY (callingAeTitle, calledAeTitle, address)
    ) STRICT`,
      'CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT',
    ],
  },
  {
    version: 2,
    statements: [
      'ALTER TABLE instance ADD COLUMN isCompared INTEGER NOT NULL DEFAULT 0',
      `CREATE INDEX instanceToCompare ON instance (sopInstanceUid)
       WHERE state = 'conflict' AND isCompared = 0`,
    ],
  },
  { version: 3, ...queryMigration },
  { version: 4, ...orderMigration },
  { version: 5, ...housekeepingMigration },
  { version: 6, ...callersMigration },
  { version: 7, ...identityMigration },
  { version: 8, ...commitmentMigration },
  { version: 9, ...outboundMigration },
  { version: 10, ...tallyMigration },
  { version: 11, ...priorityMigration },
  { version: 12, ...centersMigration },
  { version: 13, ...resendMigration },
  { version: 14, ...epochsMigration },
  { version: 15, ...resendWordMigration },
  { version: 16, ...addresseeMigration },
  { version: 17, ...strayReportMigration },
  { version: 18, ...ledgerMigration },
  { version: 19, ...lostPieceMigration },
  { version: 20, ...criticalReportMigration },
  { version: 21, ...lookupMigration },
];
