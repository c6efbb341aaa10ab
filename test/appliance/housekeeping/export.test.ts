import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { exportStored } from '#appliance/adapters/export-folder.ts';
import { exportPath } from '#appliance/housekeeping/export-names.ts';
import { concat } from '#sync/core/bytes.ts';
import { buildFileHeader } from '#sync/dicom/part10.ts';
import { openBoxWorld } from '#test/support/box-world.ts';
import { dayMs, deedsOf, keep } from '#test/support/housekeeping.ts';
import { receiptFor, seal, slices, studyUidOf } from '#test/support/road.ts';
import type { SyntheticInstance } from '#test/support/synthetic-ct.ts';

const run = promisify(execFile);

test('everything comes out as it is stored, under names that a person finds, beside a running box', async (t) => {
  const box = await openBoxWorld(t);
  const [one, two] = [slices(3), slices(2, 4)];
  await box.receive([...one, ...two, ...one]);
  const target = await folder(t);
  const counts = await exportStored(box.dataDir, target, undefined);
  assert.deepEqual([counts.exported, counts.damaged, counts.known], [5, 0, 0]);
  const files = await filesIn(target);
  assert.equal(files.length, 5);
  const [first] = files;
  assert.match(
    first ?? '',
    /^TEST-ALPHA_DEMO-\d+\/\d{8}_CT_Synthetic-head-CT_[0-9a-f]{8}\/CT[^/]*_[0-9a-f]{8}\/\d{5}_[0-9a-f]{16}\.dcm$/,
  );
  for (const instance of [...one, ...two]) {
    const path = files.find((each) => each.includes(instance.datasetSha256.slice(0, 16)));
    assert.ok(path);
    assert.deepEqual(await readFile(join(target, path)), Buffer.from(storedBytes(instance)));
  }
  await run('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: target });
  const manifest = (await readFile(join(target, 'manifest.csv'), 'utf8')).trim().split('\n');
  assert.equal(manifest.length, 1 + 5);
});

test('one study comes out alone, and an unknown one gives nothing', async (t) => {
  const box = await openBoxWorld(t);
  const study = slices(2);
  await box.receive([...study, ...slices(1, 4)]);
  const target = await folder(t);
  assert.equal((await exportStored(box.dataDir, target, studyUidOf(study))).exported, 2);
  assert.equal((await exportStored(box.dataDir, target, '2.25.404')).exported, 0);
});

test('an export that was broken off goes on where it stopped', async (t) => {
  const box = await openBoxWorld(t);
  await box.receive(slices(4));
  const target = await folder(t);
  await exportStored(box.dataDir, target, undefined);
  const [gone, cut, ...rest] = await filesIn(target);
  assert.ok(gone && cut && rest.length === 2);
  await rm(join(target, gone));
  await writeFile(join(target, cut), 'short');
  await appendFile(join(target, 'SHA256SUMS'), 'torn');
  const again = await exportStored(box.dataDir, target, undefined);
  assert.deepEqual([again.exported, again.known], [2, 2]);
  assert.equal((await exportStored(box.dataDir, target, undefined)).known, 4);
});

test('what is rejected lies apart, what is damaged too, what was let go is not there', async (t) => {
  const box = await openBoxWorld(t);
  const [study, junk, old] = [slices(1), slices(1, 2), slices(1, 3)];
  const { packId } = await seal(box, old);
  await box.bring('receipt', receiptFor(old, packId));
  await box.takeIn();
  box.clock.advance(40 * dayMs);
  await box.receive([...study, ...junk]);
  assert.equal((await keep(box)).purged, 1);
  await deedsOf(box).reject(studyUidOf(junk), { by: 'TEST^ALPHA', reason: 'phantom' });
  await rotLast(box.dataDir, study[0]);
  const target = await folder(t);
  const counts = await exportStored(box.dataDir, target, undefined);
  assert.deepEqual([counts.exported, counts.damaged], [1, 1]);
  const tops = (await filesIn(target)).map((path) => path.split('/')[0]);
  assert.deepEqual(tops.toSorted(), ['_damaged', '_rejected']);
});

test('names hold nothing that leaves the folder or means something to a file system', () => {
  const [slice] = slices(1);
  assert.ok(slice);
  const hostile = {
    ...slice.attributes,
    patientName: '../../etc\0/passwd',
    patientId: '..',
    studyDescription: 'CON',
    seriesDescription: 'a:b*c?"<>|\n',
    instanceNumber: '../1',
  };
  const base = { study: '2.25.1', series: '2.25.2', datasetSha256: 'a'.repeat(64) };
  assert.match(
    exportPath({ attributes: hostile, ...base }, undefined),
    /^etc-passwd\/\d{8}_CT_CON_[0-9a-f]{8}\/CT_a-b-c_[0-9a-f]{8}\/00000_a{16}\.dcm$/,
  );
  const empty = exportPath({ attributes: undefined, ...base }, 'damaged');
  assert.match(
    empty,
    /^_damaged\/unknown-patient\/study_[0-9a-f]{8}\/series_[0-9a-f]{8}\/00000_a+\.dcm$/,
  );
});

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'outpost-export-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function filesIn(target: string): Promise<readonly string[]> {
  const names = await readdir(target, { recursive: true });
  return names.filter((name) => name.endsWith('.dcm')).sort();
}

/** The box writes its own file header in front of the dataset. */
function storedBytes(instance: SyntheticInstance): Uint8Array {
  const { sopClassUid, sopInstanceUid, transferSyntaxUid } = instance.attributes;
  const header = buildFileHeader({
    ...{ sopClassUid, sopInstanceUid, transferSyntaxUid, sendingAeTitle: 'CT1' },
  });
  return concat(header, instance.part10.subarray(instance.fileHeaderSizeBytes));
}

async function rotLast(dataDir: string, instance: SyntheticInstance | undefined): Promise<void> {
  assert.ok(instance);
  const dataset = Buffer.from(instance.part10.subarray(instance.fileHeaderSizeBytes));
  for (const name of await readdir(join(dataDir, 'segments'))) {
    const path = join(dataDir, 'segments', name);
    const at = (await readFile(path)).indexOf(dataset);
    if (at < 0) continue;
    const file = await open(path, 'r+');
    await file.write(Buffer.from([1]), 0, 1, at + dataset.length - 1);
    await file.close();
  }
}
