import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { catalogMigrations } from '#appliance/adapters/catalog-schema.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import type { Database } from '#sync/core/database.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { databasePath } from '#test/contract/database.ts';

const tallyVersion = 10;

const counted = `SELECT studyInstanceUid, iif(state = 'conflict' AND isCompared = 0, 'held', state) AS state,
  count(*) AS number, sum(payloadSizeBytes) AS sizeBytes, sum(isLossy) AS lossyNumber
  FROM instance GROUP BY 1, 2`;
const told =
  'SELECT studyInstanceUid, state, number, sizeBytes, lossyNumber FROM tally ORDER BY 1, 2';
const times = `SELECT tally.studyInstanceUid FROM tally JOIN
  (SELECT studyInstanceUid, iif(state = 'conflict' AND isCompared = 0, 'held', state) AS state,
    max(deliveredAtMs) AS deliveredAtMs FROM instance GROUP BY 1, 2) AS now USING (studyInstanceUid, state)
  WHERE now.deliveredAtMs > coalesce(tally.deliveredAtMs, -1)`;

const added = (uid: number, study: number, sizeBytes: number, isLossy: boolean): string =>
  `INSERT INTO instance (sopInstanceUid, datasetSha256, studyInstanceUid, seriesInstanceUid, sopClassUid,
    transferSyntaxUid, instanceNumber, arrivedAtMs, segment, recordOffset, payloadOffset, payloadSizeBytes,
    fileHeaderSizeBytes, state, isLossy)
   VALUES ('2.25.${uid}', 'x', 's${study}', '', '', '', '', 1, '', 0, 0, ${sizeBytes}, 0, 'stored', ${Number(isLossy)})
   ON CONFLICT DO UPDATE SET payloadSizeBytes = excluded.payloadSizeBytes`;

const uids = fc.integer({ min: 1, max: 6 });
const states = fc.constantFrom('stored', 'delivered', 'conflict');
const steps = fc.oneof(
  fc
    .tuple(uids, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 9 }), fc.boolean())
    .map((row) => added(...row)),
  fc
    .tuple(
      uids,
      fc.oneof(
        states.map((state) => `state = '${state}'`),
        fc.integer({ min: 0, max: 1 }).map((isCompared) => `isCompared = ${isCompared}`),
        fc.integer({ min: 0, max: 1 }).map((isLossy) => `isLossy = ${isLossy}`),
        fc.integer({ min: 1, max: 9 }).map((at) => `deliveredAtMs = ${at}`),
        fc.integer({ min: 1, max: 3 }).map((study) => `studyInstanceUid = 's${study}'`),
      ),
    )
    .map(([uid, change]) => `UPDATE instance SET ${change} WHERE sopInstanceUid >= '2.25.${uid}'`),
  uids.map((uid) => `DELETE FROM instance WHERE sopInstanceUid = '2.25.${uid}'`),
);

test('the tally says what counting every instance would, whatever is written', async (t) => {
  const database = await open(await databasePath(t), catalogMigrations.length);
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 25, size: 'max' }), async (script) => {
      await write(database, ['DELETE FROM instance', ...script]);
      assert.deepEqual(
        await rows(database, told),
        await rows(database, `${counted} ORDER BY 1, 2`),
      );
      assert.deepEqual(await rows(database, times), []);
    }),
    { numRuns: 100 },
  );
  await database.close();
});

test('a catalog without a tally gets one from what it holds', async (t) => {
  const path = await databasePath(t);
  const before = await open(path, tallyVersion - 1);
  await write(before, [
    added(1, 1, 10, true),
    added(2, 1, 20, false),
    added(3, 2, 30, false),
    "UPDATE instance SET state = 'delivered', deliveredAtMs = 7 WHERE sopInstanceUid = '2.25.3'",
  ]);
  await before.close();

  const after = await open(path, catalogMigrations.length);
  assert.deepEqual(await rows(after, 'SELECT * FROM tally ORDER BY 1, 2'), [
    tallyRow({ studyInstanceUid: 's1', state: 'stored', number: 2, sizeBytes: 30, lossyNumber: 1 }),
    tallyRow({ studyInstanceUid: 's2', state: 'delivered', sizeBytes: 30, deliveredAtMs: 7 }),
  ]);
  await after.close();
});

function tallyRow(known: Readonly<Record<string, string | number>>) {
  const empty = { deliveredAtMs: null, destination: null, goneAtMs: null };
  return { number: 1, lossyNumber: 0, ...empty, ...known };
}

/** The catalog at schema `version`, with the studies that the instances belong to. */
async function open(path: string, version: number): Promise<Database> {
  const schema = catalogMigrations.slice(0, version);
  const database = expectOk(await openDatabase(path, { schema }, silentLog));
  await write(
    database,
    ['s1', 's2', 's3'].map(
      (
        study,
      ) => `INSERT INTO study (studyInstanceUid, isIdentified, patientId, issuerOfPatientId, patientName,
        patientBirthDate, patientSex, accessionNumber, studyDescription, studyDate, studyTime, callingAeTitle,
        firstArrivedAtMs, lastArrivedAtMs) VALUES ('${study}', 1, '', '', '', '', '', '', '', '', '', '', 1, 1)
        ON CONFLICT DO NOTHING`,
    ),
  );
  return database;
}

async function write(database: Database, statements: readonly string[]): Promise<void> {
  expectOk(await database.write(statements.map((sql) => ({ sql }))));
}

async function rows(database: Database, sql: string) {
  return expectOk(await database.read(sql));
}
