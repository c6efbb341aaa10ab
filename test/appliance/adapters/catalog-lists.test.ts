import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCatalog } from '#appliance/adapters/catalog-libsql.ts';
import { catalogMigrations } from '#appliance/adapters/catalog-schema.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { databasePath } from '#test/contract/database.ts';

const studyCount = 1_300;

/** Studies 0 to 1,299 by age, all delivered but for every 400th; 7 has the newest report. */
async function openYears(t: Parameters<typeof databasePath>[0]) {
  const database = expectOk(
    await openDatabase(await databasePath(t), { schema: catalogMigrations }, silentLog),
  );
  t.after(() => database.close());
  const write = async (sql: string) => expectOk(await database.write([{ sql }]));
  const ages = `WITH RECURSIVE ages(age) AS (SELECT 0 UNION ALL SELECT age + 1 FROM ages WHERE age < ${studyCount - 1})`;
  await write(`INSERT INTO study (studyInstanceUid, isIdentified, patientId, issuerOfPatientId, patientName,
      patientBirthDate, patientSex, accessionNumber, studyDescription, studyDate, studyTime, callingAeTitle,
      firstArrivedAtMs, lastArrivedAtMs)
    ${ages} SELECT 's' || age, 1, 'DEMO-' || age, '', 'TEST^' || iif(age = 1100, 'Bravo_50%', 'ALPHA'), '', '',
      'A' || age, 'Head', '', '', 'CT1', 10000 - age, 10000 - age FROM ages`);
  await write(`INSERT INTO instance (sopInstanceUid, datasetSha256, studyInstanceUid, seriesInstanceUid,
      sopClassUid, transferSyntaxUid, instanceNumber, arrivedAtMs, segment, recordOffset, payloadOffset,
      payloadSizeBytes, fileHeaderSizeBytes, state)
    ${ages} SELECT 'i' || age, 'x', 's' || age, 'r' || age, '', '', '', 1, '', 0, 0, 9, 0,
      iif(age % 400 = 399, 'stored', 'delivered') FROM ages`);
  await write(`INSERT INTO series (studyInstanceUid, seriesInstanceUid, modality, seriesDescription, bodyPartExamined)
    VALUES ('s1200', 'r1200', 'MG', '', '')`);
  await write(`INSERT INTO report (packId, report, version, studyInstanceUid, center, status, manifest, authorName,
      authorRegisterNo, signedOffAt, receivedAtMs, documents, digest)
    VALUES ('p', 'r', 1, 's1001', '', 'final', '', '', '', '', 1, '[]', '')`);
  return createCatalog(database);
}

test('the list holds what is not over and the newest of the rest, and counts what it leaves out', async (t) => {
  const catalog = await openYears(t);
  const { studies, older } = await catalog.listedStudies();
  const listed = new Set(studies.map(({ studyInstanceUid }) => studyInstanceUid));
  for (const study of ['s0', 's499', 's799', 's1199', 's1001']) assert.ok(listed.has(study), study);
  for (const study of ['s500', 's1000', 's1299']) assert.ok(!listed.has(study), study);
  assert.equal(listed.size, 500 + 2 + 1);
  assert.equal(older, studyCount - listed.size);
});

test('older studies are found by every word of name, number, description, device and modality', async (t) => {
  const catalog = await openYears(t);
  const { studies: usual } = await catalog.listedStudies();
  const foundBy = async (text: string): Promise<readonly string[]> => {
    const { studies } = await catalog.listedStudies(text);
    const known = new Set(usual.map(({ studyInstanceUid }) => studyInstanceUid));
    return studies.map(({ studyInstanceUid }) => studyInstanceUid).filter((one) => !known.has(one));
  };
  assert.deepEqual(await foundBy('demo-1234'), ['s1234']);
  assert.deepEqual(await foundBy('head  bravo'), ['s1100']);
  assert.deepEqual(await foundBy('_50%'), ['s1100']);
  assert.deepEqual(await foundBy('ct1 mg'), ['s1200']);
  assert.deepEqual(await foundBy('ct1 nobody'), []);
  const alphas = await foundBy('alpha');
  assert.ok(alphas.includes('s500') && !alphas.includes('s701'), 'the newest of too many');
});
