import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCatalog } from '#appliance/adapters/catalog-libsql.ts';
import { catalogMigrations } from '#appliance/adapters/catalog-schema.ts';
import { studyRow } from '#appliance/intake/progress.ts';
import type { StudyRecord } from '#appliance/ports-studies.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import type { Database } from '#sync/core/database.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { databasePath } from '#test/contract/database.ts';

const troubled = ['conflict', 'damaged', 'identity', 'refused', 'report', 'unidentified'];

test('every study that needs help is a suspect, and an ordinary one is not', async (t) => {
  const database = expectOk(
    await openDatabase(await databasePath(t), { schema: catalogMigrations }, silentLog),
  );
  t.after(() => database.close());
  await add(database, 'ordinary', 'stored');
  await add(database, 'held', 'conflict');
  await add(database, 'refused-and-gone', 'delivered', { accessionNumber: 'A2' });
  await add(database, 'conflict', 'conflict', { isCompared: 1 });
  await add(database, 'damaged', 'damaged');
  await add(database, 'identity', 'identity', { isCompared: 1 });
  await add(database, 'refused', 'stored', { accessionNumber: 'A1' });
  await add(database, 'report', 'delivered');
  await add(database, 'unidentified', 'stored', { isIdentified: 0 });
  await refuse(database, 'A1');
  await refuse(database, 'A2');
  await write(
    database,
    `INSERT INTO report (packId, report, version, studyInstanceUid, center, status, manifest, authorName,
      authorRegisterNo, signedOffAt, receivedAtMs, documents, digest, refusalKind, refusal)
     VALUES ('p', 'r', 1, 'report', '', 'final', '', '', '', '', 1, '[]', '', 'report/unmatched', 'No such study')`,
  );

  const catalog = createCatalog(database);
  assert.deepEqual(inNeed(await catalog.studies()), troubled);
  const suspects = await catalog.suspectStudies();
  assert.deepEqual(inNeed(suspects), troubled);
  assert.deepEqual(suspects.map(uidOf).sort(), troubled);
});

test('a suspect is told as it is in the list of all', async (t) => {
  const database = expectOk(
    await openDatabase(await databasePath(t), { schema: catalogMigrations }, silentLog),
  );
  t.after(() => database.close());
  for (const [at, study] of ['a', 'b', 'c'].entries())
    await add(database, study, 'damaged', { at });
  const catalog = createCatalog(database);
  assert.deepEqual(await catalog.suspectStudies(), await catalog.studies());
});

function inNeed(records: readonly StudyRecord[]): readonly string[] {
  const context = { isReceiving: () => false, agent: undefined };
  return records
    .filter((record) => studyRow(record, context).state === 'needs help')
    .map(uidOf)
    .sort();
}

const uidOf = ({ studyInstanceUid }: StudyRecord): string => studyInstanceUid;

/** A study of one instance in `state`. */
async function add(
  database: Database,
  study: string,
  state: string,
  { isIdentified = 1, isCompared = 0, accessionNumber = '', at = 1 } = {},
): Promise<void> {
  await write(
    database,
    `INSERT INTO study (studyInstanceUid, isIdentified, patientId, issuerOfPatientId, patientName,
      patientBirthDate, patientSex, accessionNumber, studyDescription, studyDate, studyTime, callingAeTitle,
      firstArrivedAtMs, lastArrivedAtMs)
     VALUES ('${study}', ${isIdentified}, 'P', '', '', '', '', '${accessionNumber}', '', '', '', 'CT1', ${at}, ${at})`,
    `INSERT INTO instance (sopInstanceUid, datasetSha256, studyInstanceUid, seriesInstanceUid, sopClassUid,
      transferSyntaxUid, instanceNumber, arrivedAtMs, segment, recordOffset, payloadOffset, payloadSizeBytes,
      fileHeaderSizeBytes, state, isCompared)
     VALUES ('${study}', 'x', '${study}', '', '', '', '', 1, '', 0, 0, 9, 0, '${state}', ${isCompared})`,
  );
}

/** An order of the patient says that nothing may leave. */
function refuse(database: Database, accessionNumber: string): Promise<void> {
  return write(
    database,
    `INSERT INTO orders (orderId, revision, isWaiting, source, orderNumber, studyInstanceUid, accessionNumber,
      patientId, isStat, isRefused, isEmergency, placedAtMs, body)
     VALUES ('${accessionNumber}', 1, 0, '', '', '', '${accessionNumber}', 'P', 0, 1, 0, 1, '{"consent":"refused"}')`,
  );
}

async function write(database: Database, ...statements: readonly string[]): Promise<void> {
  expectOk(await database.write(statements.map((sql) => ({ sql }))));
}
