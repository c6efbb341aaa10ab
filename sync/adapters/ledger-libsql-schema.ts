import type { Migration } from '../core/database.ts';

/** Tables of `center.db`. Forward only; a released migration never changes. */
export const ledgerSchema: readonly Migration[] = [
  {
    version: 1,
    statements: [
      `CREATE TABLE pack (
        pack_id TEXT PRIMARY KEY, kind TEXT NOT NULL, signer TEXT NOT NULL, uid TEXT NOT NULL,
        stream TEXT NOT NULL, sequence TEXT NOT NULL, taken_at TEXT NOT NULL)`,
      'CREATE INDEX pack_uid ON pack (uid)',
      'CREATE INDEX pack_sequence ON pack (stream, sequence)',
      `CREATE TABLE study (
        study TEXT PRIMARY KEY, box TEXT NOT NULL, site TEXT NOT NULL, group_id TEXT NOT NULL,
        first_at TEXT NOT NULL, is_stat INTEGER NOT NULL DEFAULT 0)`,
      'CREATE INDEX study_first ON study (first_at)',
      `CREATE TABLE instance (
        sop_instance_uid TEXT NOT NULL, dataset_sha256 TEXT NOT NULL, study TEXT NOT NULL,
        series TEXT NOT NULL, sop_class_uid TEXT NOT NULL, transfer_syntax_uid TEXT NOT NULL,
        size_bytes INTEGER NOT NULL, instance_number INTEGER NOT NULL, entered_as TEXT NOT NULL, state TEXT NOT NULL,
        refusals INTEGER NOT NULL DEFAULT 0, resent_after_crash INTEGER NOT NULL DEFAULT 0,
        last_fault TEXT, stored_at TEXT,
        PRIMARY KEY (sop_instance_uid, dataset_sha256))`,
      'CREATE INDEX instance_study ON instance (study, state)',
      "CREATE INDEX instance_open ON instance (state) WHERE state IN ('planned', 'sending')",
      `CREATE TABLE manifest (
        pack_id TEXT PRIMARY KEY, study TEXT NOT NULL, version INTEGER NOT NULL,
        is_stat INTEGER NOT NULL, accession_number TEXT NOT NULL, modality TEXT NOT NULL,
        instance_count INTEGER NOT NULL, patient_id TEXT NOT NULL, patient_birth TEXT NOT NULL,
        patient_sex TEXT NOT NULL, has_list INTEGER NOT NULL, is_open INTEGER NOT NULL)`,
      'CREATE INDEX manifest_study ON manifest (study, version)',
      'CREATE INDEX manifest_accession ON manifest (accession_number)',
      'CREATE INDEX manifest_open ON manifest (is_open) WHERE is_open = 1',
      `CREATE TABLE manifest_instance (
        pack_id TEXT NOT NULL, sop_instance_uid TEXT NOT NULL, dataset_sha256 TEXT NOT NULL,
        PRIMARY KEY (pack_id, sop_instance_uid, dataset_sha256)) WITHOUT ROWID`,
      `CREATE TABLE outgoing (
        pack_id TEXT PRIMARY KEY, kind TEXT NOT NULL, subject TEXT NOT NULL, study TEXT NOT NULL,
        class INTEGER NOT NULL, group_id TEXT NOT NULL, size_bytes INTEGER NOT NULL,
        state TEXT NOT NULL, sealed_at TEXT NOT NULL)`,
      'CREATE INDEX outgoing_subject ON outgoing (kind, subject)',
      'CREATE INDEX outgoing_study ON outgoing (study)',
      `CREATE TABLE report (
        report_id TEXT NOT NULL, version INTEGER NOT NULL, study TEXT NOT NULL,
        register_no TEXT NOT NULL, status TEXT NOT NULL, is_critical INTEGER NOT NULL,
        source_sha256 TEXT NOT NULL, document_sha256 TEXT NOT NULL, pack_id TEXT,
        state TEXT NOT NULL, PRIMARY KEY (report_id, version))`,
      'CREATE INDEX report_study ON report (study)',
      "CREATE INDEX report_open ON report (state) WHERE state <> 'acknowledged'",
    ],
  },
  {
    version: 2,
    // One row while a rebuild is under way.
    statements: ['CREATE TABLE rebuild (only INTEGER PRIMARY KEY CHECK (only = 1))'],
  },
  {
    version: 3,
    // Whose word on whom a study is for: of each site of its own, since another one must not take a study away.
    statements: [
      `CREATE TABLE addressee (
        study TEXT NOT NULL, site TEXT NOT NULL, box TEXT NOT NULL, version INTEGER NOT NULL,
        is_ours INTEGER NOT NULL, PRIMARY KEY (study, site)) WITHOUT ROWID`,
    ],
  },
  {
    version: 4,
    // Receipts that a relay signed for stay for ever and are asked for one by one; the rest is read at every turn.
    statements: [
      "CREATE INDEX outgoing_work ON outgoing (kind) WHERE kind <> 'receipt' OR state = 'sealed'",
    ],
  },
];
