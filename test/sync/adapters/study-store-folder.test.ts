import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createStudyStore } from '#sync/adapters/study-store-folder.ts';
import { studyStoreContract } from '../../contract/study-store.ts';
import { gather } from '../../support/gather.ts';

async function dataDir(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-center-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

studyStoreContract('study store in folders', async (t) => createStudyStore(await dataDir(t)));

test('study files are private, and no name tells a UID', async (t) => {
  const folder = await dataDir(t);
  const store = createStudyStore(folder);
  await store.putObjects('2.25.77', [{ datasetSha256: 'aa', part10: Uint8Array.of(1) }]);
  const names = await readdir(folder, { recursive: true });
  assert.equal(names.filter((name) => name.includes('2.25.77')).length, 0);
  const object = names.find((name) => name.endsWith('aa.dcm')) ?? '';
  assert.equal((await stat(join(folder, object))).mode & 0o777, 0o600);
});

test('a line of the delivery log that a power cut tore spoils no other', async (t) => {
  const folder = await dataDir(t);
  const store = createStudyStore(folder);
  const line = { sopInstanceUid: '2.25.3', datasetSha256: 'aa', destination: 'PACS', at: 'now' };
  await store.appendDelivered('2.25.77', [line]);
  const log = (await readdir(folder, { recursive: true })).find((name) => name.endsWith('.ndjson'));
  await appendFile(join(folder, log ?? ''), '\n{"sopInstanceUid":"2.25');
  await store.appendDelivered('2.25.77', [{ ...line, datasetSha256: 'bb' }]);
  const digests = (await gather(store.delivered())).map((each) => each.datasetSha256);
  assert.deepEqual(digests, ['aa', 'bb']);
});
