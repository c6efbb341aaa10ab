import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { type Estimate, estimateOf, estimateText } from '#appliance/intake/estimate.ts';
import { repositoryDir } from '#test/support/source-tree.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';

const outpost = join(repositoryDir, 'provisioning/outpost.ts');

test('a folder is coded as a box would, by study, and what is no image is left out', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-estimate-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await mkdir(join(dir, 'below'));
  const slices = syntheticStudy({ seed: 3, slices: 4, rows: 128 });
  for (const [index, { part10 }] of slices.entries()) {
    await writeFile(join(dir, index % 2 === 0 ? 'below' : '.', `${index}`), part10);
  }
  await writeFile(join(dir, 'notes.txt'), 'No image');
  const run = promisify(execFile)(process.execPath, [
    ...[outpost, 'estimate', dir, '--rate', '1000', '--json'],
  ]);
  const { stdout, stderr } = await run;
  const { studies, total } = JSON.parse(stdout) as Estimate;
  assert.equal(studies.length, 1);
  assert.equal(studies[0]?.instances, 4);
  const plainBytes = slices.reduce((sum, { part10 }) => sum + part10.length, 0);
  assert.equal(total.plainBytes, plainBytes);
  assert.ok(total.wireBytes > 10_000 && total.wireBytes < plainBytes);
  assert.equal(total.seconds, total.wireBytes / 125_000);
  assert.match(stderr, /^1 file\(s\) are not DICOM/);
});

test('a folder without images and a wrong option are told', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-estimate-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const codeOf = (...args: string[]): Promise<number> =>
    promisify(execFile)(process.execPath, [outpost, 'estimate', ...args]).then(
      () => 0,
      (cause: { readonly code: number }) => cause.code,
    );
  assert.deepEqual(
    await Promise.all([codeOf(dir), codeOf(dir, '--rate', 'x'), codeOf(dir, '--level', 'best')]),
    [1, 64, 64],
  );
  assert.equal(await codeOf(join(dir, 'absent')), 75);
});

test('studies, types and all of it add up, on a screen of 80 columns', () => {
  const pack = { instances: 2, plainBytes: 4_000_000, codedBytes: 1_000_000 };
  const uid = `1.2.840.${'9'.repeat(50)}`;
  const estimate = estimateOf(
    [
      { ...pack, studyInstanceUid: uid, modality: 'CT' },
      { ...pack, studyInstanceUid: uid, modality: 'SR' },
      { ...pack, studyInstanceUid: '2.25.1', modality: 'MR' },
    ],
    1_000,
  );
  assert.deepEqual(
    estimate.modalities.map(({ modality, instances }) => [modality, instances]),
    [
      ['CT\\SR', 4],
      ['MR', 2],
    ],
  );
  assert.equal(estimate.total.plainBytes, 12_000_000);
  assert.ok(estimate.total.wireBytes > 3_000_000 * 1.06);
  const lines = estimateText(estimate).split('\n');
  assert.ok(lines.every((line) => line.length <= 80));
});
