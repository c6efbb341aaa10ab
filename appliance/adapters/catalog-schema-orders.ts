import type { Migration } from '#sync/core/database.ts';

/** A study that came with the UID of an order, or its accession number and its patient: the order is no longer due. */
const arrives = `UPDATE orders SET isWaiting = 0 WHERE isWaiting = 1 AND (studyInstanceUid = new.studyInstanceUid
  OR (new.accessionNumber <> '' AND accessionNumber = new.accessionNumber AND patientId = new.patientId))`;

/** Orders and procedure steps. Which study an order belongs to is a view: nothing has to be kept in step. */
export const orderMigration: Omit<Migration, 'version'> = {
  statements: [
    `CREATE TABLE orders (
      orderId TEXT PRIMARY KEY,
      revision INTEGER NOT NULL,
      toldRevision INTEGER NOT NULL DEFAULT 0,
      isWaiting INTEGER NOT NULL,
      isCancelled INTEGER NOT NULL DEFAULT 0,
      source TEXT NOT NULL,
      orderNumber TEXT NOT NULL,
      studyInstanceUid TEXT NOT NULL,
      accessionNumber TEXT NOT NULL,
      patientId TEXT NOT NULL,
      isStat INTEGER NOT NULL,
      isRefused INTEGER NOT NULL,
      isEmergency INTEGER NOT NULL,
      placedAtMs INTEGER NOT NULL,
      body TEXT NOT NULL
    ) STRICT`,
    'CREATE INDEX orderOfStudy ON orders (studyInstanceUid)',
    'CREATE INDEX orderOfAccession ON orders (accessionNumber)',
    'CREATE INDEX orderOfNumber ON orders (source, orderNumber)',
    'CREATE INDEX orderOfPatient ON orders (patientId)',
    'CREATE INDEX orderWaiting ON orders (isWaiting) WHERE isWaiting = 1',
    // The center does not know the newest state of these.
    'CREATE INDEX orderToTell ON orders (orderId) WHERE isWaiting = 0 AND toldRevision < revision',
    `CREATE TABLE order_binding (
      studyInstanceUid TEXT PRIMARY KEY,
      orderId TEXT NOT NULL
    ) STRICT`,
    // A person's word first; then the UID, then the accession number, both only for the same patient: the
    // one of an emergency may have been named meanwhile.
    `CREATE VIEW study_order AS SELECT study.studyInstanceUid, coalesce(
        (SELECT orderId FROM order_binding AS bound WHERE bound.studyInstanceUid = study.studyInstanceUid),
        (SELECT orderId FROM orders WHERE orders.studyInstanceUid = study.studyInstanceUid
          AND (orders.patientId = study.patientId OR isEmergency = 1)),
        (SELECT orderId FROM orders WHERE study.accessionNumber <> ''
          AND orders.accessionNumber = study.accessionNumber AND orders.patientId = study.patientId)
      ) AS orderId FROM study`,
    `CREATE TRIGGER orderArrives AFTER INSERT ON study BEGIN ${arrives}; END`,
    `CREATE TRIGGER orderArrivesLate AFTER UPDATE OF studyInstanceUid, accessionNumber, patientId ON study
       BEGIN ${arrives}; END`,
    `CREATE TABLE procedure_step (
      sopInstanceUid TEXT PRIMARY KEY,
      status TEXT NOT NULL,
      body TEXT NOT NULL
    ) STRICT`,
    `CREATE TABLE procedure_step_study (
      studyInstanceUid TEXT NOT NULL,
      stepSopInstanceUid TEXT NOT NULL,
      PRIMARY KEY (studyInstanceUid, stepSopInstanceUid)
    ) STRICT`,
    `CREATE TABLE procedure_step_instance (
      stepSopInstanceUid TEXT NOT NULL,
      sopInstanceUid TEXT NOT NULL,
      PRIMARY KEY (stepSopInstanceUid, sopInstanceUid)
    ) STRICT`,
  ],
};
