import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readIfThere } from '#sync/adapters/center-disk.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';

/** Needs as much memory. */
const sizeBytes = 2 * 1024 ** 3 + 4_097;

test('an object of more than 2 GiB is read whole and has its digest', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-long-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'object.dcm');
  const file = await open(path, 'w');
  const marks = [0, 1024 ** 3, 2 * 1024 ** 3, sizeBytes - 1];
  for (const [index, at] of marks.entries()) await file.write(Uint8Array.of(index + 1), 0, 1, at);
  await file.close();

  const bytes = await readIfThere(path);
  assert.equal(bytes?.length, sizeBytes);
  assert.deepEqual(
    marks.map((at) => bytes?.[at]),
    [1, 2, 3, 4],
  );
  const hash = createHash('sha256');
  const step = 64 * 1024 ** 2;
  for (let at = 0; at < sizeBytes; at += step) hash.update(bytes.subarray(at, at + step));
  assert.equal(datasetSha256(bytes), hash.digest('hex'));
});
