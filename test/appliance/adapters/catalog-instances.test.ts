import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createCatalog } from '#appliance/adapters/catalog-libsql.ts';
import { catalogMigrations } from '#appliance/adapters/catalog-schema.ts';
import type { CatalogEntry } from '#appliance/ports-catalog.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { databasePath } from '#test/contract/database.ts';
import { syntheticSlice } from '#test/support/synthetic-ct.ts';

test('a group in one commit leaves the catalog that one instance after another would', async (t) => {
  // Two segments; the oldest in the middle; a resend of the same bytes; another digest under a UID that is there.
  const entries = [
    entry({ uid: 1, digest: 1, at: 50, offset: 1, name: 'TEST^BRAVO' }),
    entry({ uid: 2, digest: 2, at: 10, offset: 2, name: 'TEST^ALPHA' }),
    entry({ uid: 1, digest: 1, at: 70, offset: 3, name: 'TEST^BRAVO' }),
    entry({ uid: 2, digest: 9, at: 60, offset: 4, name: 'TEST^BRAVO' }),
    entry({
      uid: 3,
      digest: 3,
      at: 20,
      offset: 1,
      name: 'TEST^BRAVO',
      segment: 'lane-1-0000002.seg',
    }),
  ];
  const together = await stateAfter(t, [entries]);
  const alone = await stateAfter(
    t,
    entries.map((each) => [each]),
  );
  assert.deepEqual(together, alone);
  assert.equal(together.copies.length, 1);
  assert.equal(together.studies[0]?.patientName, 'TEST^ALPHA');
  assert.equal(together.studies[0]?.counts.held, 1);
  assert.equal(together.studies[0]?.lastArrivedAtMs, 70);
});

async function stateAfter(t: TestContext, groups: readonly (readonly CatalogEntry[])[]) {
  const path = await databasePath(t);
  const database = expectOk(await openDatabase(path, { schema: catalogMigrations }, silentLog));
  const catalog = createCatalog(database);
  for (const group of groups) expectOk(await catalog.addInstances(group));
  const state = {
    studies: await catalog.studies(),
    instances: await catalog.instances(),
    progress: await catalog.progress(),
    copies: expectOk(await database.read('SELECT * FROM copy ORDER BY segment, recordOffset')),
    series: expectOk(await database.read('SELECT * FROM series')),
  };
  await database.close();
  return state;
}

interface Wanted {
  readonly uid: number;
  readonly digest: number;
  readonly at: number;
  readonly offset: number;
  readonly name: string;
  readonly segment?: string;
}

const { attributes } = syntheticSlice({ seed: 1, slices: 1, rows: 16 }, 0);

function entry({ uid, digest, at, offset, name, segment = 'lane-0-0000001.seg' }: Wanted) {
  const { sopClassUid, transferSyntaxUid, studyInstanceUid, seriesInstanceUid } = attributes;
  const recordOffset = 4_096 * offset;
  return {
    attributes: { ...attributes, patientName: name },
    record: {
      arrival: {
        arrivedAtMs: at,
        callingAeTitle: 'CT1',
        sopInstanceUid: `2.25.${uid}`,
        ...{ sopClassUid, transferSyntaxUid },
      },
      segment,
      recordOffset,
      payloadOffset: recordOffset + 512,
      payloadSizeBytes: 2_000,
      fileHeaderSizeBytes: 300,
      datasetSha256: digest.toString(16).padStart(64, '0'),
      studyInstanceUid,
      seriesInstanceUid,
      nextOffset: recordOffset + 4_096,
    },
  } satisfies CatalogEntry;
}
