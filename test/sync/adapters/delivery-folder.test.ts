import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createFolderDelivery } from '#sync/adapters/delivery-folder.ts';
import { errorCode } from '#sync/core/error-code.ts';
import { expectOk } from '#sync/core/result.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';
import { deliveryContract } from '../../contract/delivery.ts';
import { outgoing, wholeOf } from '../../support/outgoing.ts';

const slices = ['1.2.1', '1.2.2'].map((uid) => outgoing(uid, Buffer.alloc(100_000, uid)));
const { signal } = new AbortController();

async function emptyFolder(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'outpost-delivery-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return [];
    throw cause;
  }
}

deliveryContract(
  'delivery to a folder',
  async (t) => {
    const folder = join(await emptyFolder(t), 'images');
    return {
      delivery: createFolderDelivery(folder),
      async stored() {
        const found = new Map<string, string>();
        for (const name of (await namesIn(folder)).filter((each) => each.endsWith('.dcm'))) {
          const bytes = await readFile(join(folder, name));
          const { sopInstanceUid, fileHeaderSizeBytes } = expectOk(readFileHeader(bytes));
          found.set(sopInstanceUid, datasetSha256(bytes.subarray(fileHeaderSizeBytes)));
        }
        return found;
      },
      async arrivedBytes() {
        const names = await namesIn(folder);
        const sizes = names.map(async (name) => (await stat(join(folder, name))).size);
        return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
      },
    };
  },
  0,
);

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
  assert.equal((await readdir(folder)).length, 2);
  for (const { sopInstanceUid, datasetSha256, part10 } of slices) {
    const path = join(folder, `${sopInstanceUid}-${datasetSha256.slice(0, 16)}.dcm`);
    assert.deepEqual(new Uint8Array(await readFile(path)), await wholeOf(part10()));
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
