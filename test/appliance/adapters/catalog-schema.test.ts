import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCatalog } from '#appliance/adapters/catalog-libsql.ts';
import { catalogMigrations } from '#appliance/adapters/catalog-schema.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { databasePath } from '#test/contract/database.ts';

/** What the first release could hold: a study with an image under way, its pack, and a report for a study elsewhere. */
const first = [
  `INSERT INTO study (studyInstanceUid, isIdentified, patientId, issuerOfPatientId, patientName, patientBirthDate,
     patientSex, accessionNumber, studyDescription, studyDate, studyTime, callingAeTitle, firstArrivedAtMs,
     lastArrivedAtMs) VALUES ('2.25.1', 1, 'P1', '', 'TEST^ALPHA', '', '', 'A1', '', '', '', 'CT1', 5, 6)`,
  "INSERT INTO series (seriesInstanceUid, studyInstanceUid, modality, seriesDescription, bodyPartExamined) VALUES ('2.25.2', '2.25.1', 'CT', '', '')",
  `INSERT INTO instance (sopInstanceUid, datasetSha256, studyInstanceUid, seriesInstanceUid, sopClassUid,
     transferSyntaxUid, instanceNumber, arrivedAtMs, segment, recordOffset, payloadOffset, payloadSizeBytes,
     fileHeaderSizeBytes, state) VALUES
     ('2.25.3', 'd', '2.25.1', '2.25.2', '', '', '1', 5, 'lane-0-0000001.seg', 4096, 4608, 100, 10, 'packed')`,
  `INSERT INTO pack (packId, ordinal, kind, center, studyInstanceUid, class, groupId, sizeBytes, state, sealedAtMs)
     VALUES ('k', 1, 'data', 'c', '2.25.1', 2, 'g', 100, 'sealed', 7)`,
  "INSERT INTO pack_instance (packId, sopInstanceUid, datasetSha256, fromByte, toByte) VALUES ('k', '2.25.3', 'd', 0, 100)",
  `INSERT INTO report (packId, report, version, studyInstanceUid, center, status, manifest, authorName,
     authorRegisterNo, signedOffAt, receivedAtMs, documents, digest, refusalKind, refusal) VALUES
     ('r', 'R', 1, '2.25.9', 'c', 'final', 'm', '', '', '', 8, '[]', '', 'report/unknown-study', 'not here')`,
];

test('versions count on without a gap', () => {
  assert.deepEqual(
    catalogMigrations.map(({ version }) => version),
    catalogMigrations.map((_, index) => index + 1),
  );
});

test('a catalog of any earlier release says the same once it is brought up to date', async (t) => {
  for (let version = 1; version <= catalogMigrations.length; version++) {
    const path = await databasePath(t);
    const open = async (schema: typeof catalogMigrations) =>
      expectOk(await openDatabase(path, { schema }, silentLog));
    const early = await open(catalogMigrations.slice(0, version));
    expectOk(await early.write(first.map((sql) => ({ sql, args: [] }))));
    await early.close();
    const database = await open(catalogMigrations);
    const catalog = createCatalog(database);
    const [study] = await catalog.studies();
    const message = `from version ${version}`;
    assert.equal(study?.patientName, 'TEST^ALPHA', message);
    assert.equal(study.isFromDevice, version < 7, message);
    assert.equal(study.counts.packed, 1, message);
    assert.equal(study.priority.level, 'routine', message);
    assert.equal(study.isAskedAgain, false, message);
    const [open1] = await catalog.openPacks();
    assert.deepEqual([open1?.packId, open1?.study], ['k', '2.25.1'], message);
    assert.deepEqual(await catalog.packsTo(['0'.repeat(16)]), [], 'its key was not noted');
    assert.equal((await catalog.packedInstances('2.25.1'))[0]?.sizeBytes, 100, message);
    assert.equal((await catalog.ledgers()).size, 0, message);
    const [stray] = await catalog.strayReports();
    assert.deepEqual([stray?.packId, stray?.patient], ['r', undefined], message);
    await database.close();
  }
});
