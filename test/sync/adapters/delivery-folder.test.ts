import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createFolderDelivery } from '#sync/adapters/delivery-folder.ts';
import { syntheticStudy } from '../../support/synthetic-ct.ts';

const slices = syntheticStudy({ seed: 28, slices: 2, rows: 32 });
const { signal } = new AbortController();

async function emptyFolder(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'outpost-delivery-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

test('every instance is one file, byte for byte, and the same again changes nothing', async (t) => {
  const folder = join(await emptyFolder(t), 'images');
  const delivery = createFolderDelivery(folder);
  for (let n = 0; n < 2; n++) {
    const results = await delivery.deliver(slices, signal);
    assert.deepEqual(
      results.map(({ ok }) => ok),
      [true, true],
    );
  }
  const names = await readdir(folder);
  assert.equal(names.length, 2);
  for (const { sopInstanceUid, datasetSha256, part10 } of slices) {
    const path = join(folder, `${sopInstanceUid}-${datasetSha256.slice(0, 16)}.dcm`);
    assert.deepEqual(new Uint8Array(await readFile(path)), part10);
  }
});

test('a folder that cannot be written is unreachable, to be tried again', async (t) => {
  const root = await emptyFolder(t);
  await writeFile(join(root, 'file'), 'in the way');
  const delivery = createFolderDelivery(join(root, 'file', 'images'));
  const [result] = await delivery.deliver(slices.slice(0, 1), signal);
  assert.equal(result?.ok === false && result.fault.kind, 'delivery/unreachable');
  assert.equal((await delivery.echo(signal)).ok, false);
});
