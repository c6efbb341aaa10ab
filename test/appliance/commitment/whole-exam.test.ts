import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createCommitmentCatalog } from '#appliance/adapters/catalog-commitment.ts';
import { createCatalog } from '#appliance/adapters/catalog-libsql.ts';
import { catalogMigrations } from '#appliance/adapters/catalog-schema.ts';
import { createWholeExams } from '#appliance/commitment/whole-exam.ts';
import type { CatalogEntry } from '#appliance/ports-catalog.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { uid } from '#sync/dicom/uid.ts';
import { databasePath } from '#test/contract/database.ts';
import { syntheticSlice } from '#test/support/synthetic-ct.ts';

/** A box that holds 3 instances of study `1.1` and 1 of study `1.2`; answers with the studies that a request closes. */
async function open(t: TestContext) {
  const schema = catalogMigrations;
  const database = expectOk(await openDatabase(await databasePath(t), { schema }, silentLog));
  t.after(() => database.close());
  const entries = ['1.1.1', '1.1.2', '1.1.3', '1.2.1'].map(entryOf);
  expectOk(await createCatalog(database).addInstances(entries));
  const finished: string[] = [];
  const look = createWholeExams({
    catalog: createCommitmentCatalog(database),
    catalogued: async () => undefined,
    onWhole: (studies) => void finished.push(...studies),
    log: silentLog,
  });
  return async (...uids: readonly string[]) => {
    finished.length = 0;
    await look({ references: uids.map((uid) => ({ sopClassUid: '1', sopInstanceUid: uid })) });
    return [...finished].sort();
  };
}

test('a study is whole when the request names every instance of it that is here', async (t) => {
  const ask = await open(t);
  assert.deepEqual(await ask('1.1.1', '1.1.2', '1.1.3'), ['1.1']);
  assert.deepEqual(await ask('1.1.1', '1.1.1', '1.1.2', '1.1.3', '1.2.1'), ['1.1', '1.2']);
  // One of the first study is not named.
  assert.deepEqual(await ask('1.1.1', '1.1.3'), []);
  assert.deepEqual(await ask('1.1.1', '1.1.3', '1.2.1'), ['1.2']);
});

test('a request that names what is not here proves nothing: it could still come', async (t) => {
  const ask = await open(t);
  assert.deepEqual(await ask('1.1.1', '1.1.2', '1.1.3', '1.1.4'), []);
  assert.deepEqual(await ask(), []);
});

test('a catalog that does not answer stops nothing', async () => {
  const look = createWholeExams({
    catalog: {
      objects: async () => {
        throw new Error('no answer');
      },
      studiesNamedWhole: async () => [],
    },
    catalogued: async () => undefined,
    onWhole: () => assert.fail('nothing is proven'),
    log: silentLog,
  });
  await look({ references: [] });
});

const { attributes } = syntheticSlice({ seed: 1, slices: 1, rows: 16 }, 0);

function entryOf(name: string, index: number) {
  const sopInstanceUid = uid(name);
  const { sopClassUid, transferSyntaxUid } = attributes;
  const studyInstanceUid = uid(name.slice(0, 3));
  const recordOffset = 4_096 * (index + 1);
  return {
    attributes: { ...attributes, sopInstanceUid, studyInstanceUid },
    record: {
      arrival: {
        ...{ arrivedAtMs: 1, callingAeTitle: 'CT1' },
        ...{ sopInstanceUid, sopClassUid, transferSyntaxUid },
      },
      ...{ segment: 'lane-0-0000001.seg', recordOffset, payloadOffset: recordOffset + 512 },
      ...{ payloadSizeBytes: 2_000, fileHeaderSizeBytes: 300, nextOffset: recordOffset + 4_096 },
      datasetSha256: String(index).padStart(64, '0'),
      ...{ studyInstanceUid, seriesInstanceUid: uid(`${studyInstanceUid}.9`) },
    },
  } satisfies CatalogEntry;
}
