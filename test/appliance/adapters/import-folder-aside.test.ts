import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { listRejected } from '#appliance/adapters/import-rejected.ts';
import { concat, utf8 } from '#sync/core/bytes.ts';
import { buildFileHeader } from '#sync/dicom/part10.ts';

import { createImport, emptyFolder, slice } from '#test/support/import-world.ts';

test('what is no image, is cut short or belongs to no study is set aside with one line that says why', async (t) => {
  const box = await createImport(t);
  const dataset = slice.part10.subarray(slice.fileHeaderSizeBytes);
  const headed = (header: Partial<Parameters<typeof buildFileHeader>[0]>, bytes = dataset) =>
    concat(buildFileHeader({ ...slice, sendingAeTitle: '', ...header }), bytes);
  const hangingProtocol = '1.2.840.10008.5.1.4.38.1';
  const otherClass = textIn(dataset, slice.sopClassUid.padEnd(26, '\0'), hangingProtocol);
  await writeFile(join(box.dir, 'notes.txt'), 'not an image');
  await writeFile(join(box.dir, 'cut.dcm'), slice.part10.subarray(0, slice.part10.length - 999));
  await writeFile(join(box.dir, 'empty.dcm'), '');
  await writeFile(join(box.dir, 'class.dcm'), headed({ sopClassUid: hangingProtocol }, otherClass));
  await writeFile(
    join(box.dir, 'jpip.dcm'),
    headed({ transferSyntaxUid: '1.2.840.10008.1.2.4.94' }),
  );
  await symlink('/etc/hostname', join(box.dir, 'link.dcm'));
  spawnSync('mkfifo', [join(box.dir, 'pipe.dcm')]);
  assert.deepEqual(await box.looks(40), []);
  const { count, newest } = await listRejected(box.dir);
  const reasons = Object.fromEntries(newest.map(({ name, reason }) => [name, reason]));
  assert.equal(count, 7);
  assert.equal(box.tally.counts().rejectedFiles, 7);
  assert.match(reasons['notes.txt'] ?? '', /no preamble/);
  assert.match(reasons['empty.dcm'] ?? '', /no preamble/);
  assert.match(reasons['cut.dcm'] ?? '', /ends too early/);
  assert.match(reasons['class.dcm'] ?? '', /1\.2\.840\.10008\.5\.1\.4\.38\.1.* belong to no study/);
  assert.match(reasons['jpip.dcm'] ?? '', /1\.2\.840\.10008\.1\.2\.4\.94/);
  assert.match(reasons['link.dcm'] ?? '', /link/);
  assert.match(reasons['pipe.dcm'] ?? '', /no regular file/);
  assert.deepEqual(await readdir(box.dir), ['rejected']);
  assert.equal(box.begun.length, 0);
});

test('no name stops the folder, and two files of one name are both kept', async (t) => {
  const box = await createImport(t);
  const names = ['x'.repeat(255), '\u5c71'.repeat(85), 'a\nb', '\u001b[2J', '-rf', '%2e%2e'];
  for (const name of names) await writeFile(join(box.dir, name), 'not an image');
  for (const name of ['A', 'B', 'C']) {
    await mkdir(join(box.dir, name));
    await writeFile(join(box.dir, name, 'IM1'), `not an image ${name}`);
  }
  await writeFile(join(box.dir, 'zz.dcm'), slice.part10);
  assert.equal((await box.looks(40)).length, 1);
  assert.deepEqual(await readdir(box.dir), ['A', 'B', 'C', 'rejected']);
  const rejected = await listRejected(box.dir);
  assert.equal(rejected.count, names.length + 3);
  assert.equal(rejected.newest.filter(({ name }) => name === 'IM1').length, 3);
});

test('a file that is called like the folder of the rejected ones is taken', async (t) => {
  const box = await createImport(t);
  await writeFile(join(box.dir, 'rejected-before.dcm'), slice.part10);
  assert.equal((await box.looks(2)).length, 1);
});

test('a link out of the folder is not followed, whether to a file or to a folder', async (t) => {
  const box = await createImport(t);
  const outside = await emptyFolder(t);
  const secret = join(outside, 'secret.dcm');
  await writeFile(secret, slice.part10);
  await symlink(secret, join(box.dir, 'link.dcm'));
  await symlink(outside, join(box.dir, 'folder'));
  assert.deepEqual(await box.looks(40), []);
  assert.deepEqual(await readFile(secret), Buffer.from(slice.part10));
  assert.equal((await listRejected(box.dir)).count, 2);
});

test('a stick with images and packs: images are taken, packs are set aside as they are', async (t) => {
  const box = await createImport(t);
  const courier = join(box.dir, 'STICK', 'OUTPOST');
  await mkdir(courier, { recursive: true });
  const pack = concat(utf8('SPK1'), new Uint8Array(3_000).fill(7));
  await writeFile(join(courier, 'pack.spk'), pack);
  await writeFile(join(courier, 'index.json'), '{}');
  await writeFile(join(box.dir, 'STICK', 'IM0001'), slice.part10);
  const taken = await box.looks(40);
  assert.deepEqual([taken.length, taken[0]?.record.datasetSha256], [1, slice.datasetSha256]);
  const names = await readdir(join(box.dir, 'rejected'), { recursive: true });
  const aside = names.find((name) => name.endsWith('pack.spk'));
  assert.deepEqual(await readFile(join(box.dir, 'rejected', aside ?? '')), Buffer.from(pack));
});

/** `bytes` with the text `from` changed into `to`. */
function textIn(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const at = Buffer.from(bytes).indexOf(from.slice(0, to.length));
  const changed = bytes.slice();
  changed.set(utf8(to.padEnd(from.length, '\0')), at);
  return changed;
}
