import assert from 'node:assert/strict';
import { existsSync, renameSync, truncateSync, unlinkSync } from 'node:fs';
import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  rename,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { concat } from '#sync/core/bytes.ts';
import { fault } from '#sync/core/fault.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';

import { createImport, emptyFolder, second, slice } from '#test/support/import-world.ts';

test('a file is taken as it was found, and removed once it is durable', async (t) => {
  const box = await createImport(t);
  await mkdir(join(box.dir, 'CD', 'IMAGES'), { recursive: true });
  await writeFile(join(box.dir, 'CD', 'IMAGES', 'IM0001'), slice.part10);
  const [entry] = await box.looks(2);
  assert.ok(entry);
  assert.equal(entry.record.datasetSha256, slice.datasetSha256);
  assert.equal(entry.record.arrival.callingAeTitle, '');
  const stored = await box.store.read(entry.record, 0, entry.record.payloadSizeBytes);
  assert.ok(stored.ok);
  assert.deepEqual(stored.value, slice.part10);
  assert.deepEqual(await readdir(join(box.dir, 'CD', 'IMAGES')), []);
});

test('a file that grows, or stops half-way, is left alone until it is whole', async (t) => {
  const box = await createImport(t);
  const path = join(box.dir, 'slow.dcm');
  await writeFile(path, slice.part10.subarray(0, 5_000));
  await box.looks(5);
  await writeFile(path, slice.part10);
  assert.deepEqual(await box.looks(1), []);
  assert.equal(box.begun.length, 0, 'nothing of a partial file is written to the store');
  const [entry] = await box.looks(1);
  assert.equal(entry?.record.datasetSha256, slice.datasetSha256);
});

test('a file that was renamed while it was written is taken whole, once', async (t) => {
  const box = await createImport(t);
  const [part, whole] = [join(box.dir, 'a.part'), join(box.dir, 'a.dcm')];
  await writeFile(part, slice.part10.subarray(0, 5_000));
  await box.looks(2);
  await rename(part, whole);
  await box.looks(1);
  await appendFile(whole, slice.part10.subarray(5_000));
  assert.equal((await box.looks(2)).length, 1);
  assert.equal((await box.looks(3)).length, 0);
});

test('compressed pixels that stop between two fragments rest for a minute', async (t) => {
  const box = await createImport(t);
  const path = join(box.dir, 'cine.dcm');
  const at = Buffer.from(slice.part10).indexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00]));
  const pixels = [
    [0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff],
    [0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0],
    [0xfe, 0xff, 0x00, 0xe0, 4, 0, 0, 0, 1, 2, 3, 4],
  ].map((bytes) => Uint8Array.from(bytes));
  const half = concat(slice.part10.subarray(0, at), ...pixels);
  await writeFile(path, half);
  assert.deepEqual(await box.looks(20), []);
  await writeFile(path, concat(half, Uint8Array.of(0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0)));
  assert.equal((await box.looks(2)).length, 1);
  await writeFile(path, half);
  assert.equal((await box.looks(33)).length, 1, 'a device that forgets the delimiter is not lost');
});

test('a gigabyte that arrives slowly is not read before it is all there', async (t) => {
  const box = await createImport(t);
  const path = join(box.dir, 'cine.dcm');
  const head = slice.part10.slice(0, -2 * 64 * 64);
  new DataView(head.buffer).setUint32(head.length - 4, 2 ** 30, true);
  await writeFile(path, head);
  for (let mebibyte = 64; mebibyte < 1_024; mebibyte += 64) {
    await truncate(path, head.length + mebibyte * 2 ** 20);
    await box.looks(3);
  }
  assert.equal(box.begun.length, 0);
  assert.deepEqual(await readdir(box.dir), ['cine.dcm', 'rejected']);
});

test('a file that is deleted while it is read is in the store; one that is cut is not', async (t) => {
  const box = await createImport(t);
  const path = join(box.dir, 'a.dcm');
  await writeFile(path, slice.part10);
  await box.looks(1);
  box.whileRead(() => unlinkSync(path));
  const [entry] = await box.looks(1);
  assert.equal(entry?.record.datasetSha256, slice.datasetSha256);

  await writeFile(path, slice.part10);
  await box.looks(1);
  box.whileRead(() => truncateSync(path, 5_000));
  assert.deepEqual(await box.looks(1), []);
  assert.deepEqual(await readdir(box.dir), ['a.dcm', 'rejected']);
});

test('a file that took the name of the one being read stays, and comes next', async (t) => {
  const box = await createImport(t);
  const [path, other] = [join(box.dir, 'a.dcm'), join(await emptyFolder(t), 'b.dcm')];
  await writeFile(path, slice.part10);
  await writeFile(other, second.part10);
  await box.looks(1);
  box.whileRead(() => renameSync(other, path));
  assert.equal((await box.looks(1))[0]?.record.datasetSha256, slice.datasetSha256);
  assert.deepEqual(await readFile(path), Buffer.from(second.part10));
  assert.equal((await box.looks(2))[0]?.record.datasetSha256, second.datasetSha256);
});

test('the source is there until its copy is durable', async (t) => {
  const box = await createImport(t);
  const path = join(box.dir, 'a.dcm');
  await writeFile(path, slice.part10);
  await box.looks(1);
  let wasThere = false;
  box.whenDurable(() => {
    wasThere = existsSync(path);
  });
  assert.equal((await box.looks(1)).length, 1);
  assert.ok(wasThere);
  assert.ok(!existsSync(path));
});

test('a full disk leaves the file where it is, and takes it later', async (t) => {
  const box = await createImport(t);
  await writeFile(join(box.dir, 'a.dcm'), slice.part10);
  box.refuseOnce(fault('store/full', 'Cannot store', 'Wait'));
  assert.deepEqual(await box.looks(2), []);
  assert.equal((await box.looks(1)).length, 1);
});

test('a file without preamble or group 0002 is stored with a header made for it', async (t) => {
  const box = await createImport(t);
  const dataset = slice.part10.subarray(slice.fileHeaderSizeBytes);
  await writeFile(join(box.dir, 'bare'), dataset);
  const [entry] = await box.looks(2);
  assert.ok(entry);
  assert.equal(entry.record.datasetSha256, slice.datasetSha256);
  const stored = await box.store.read(entry.record, 0, entry.record.payloadSizeBytes);
  assert.ok(stored.ok);
  const header = readFileHeader(stored.value);
  assert.ok(header.ok);
  assert.deepEqual(stored.value.subarray(header.value.fileHeaderSizeBytes), dataset);
});

test('what lies below a DICOMDIR is marked as outside before it is stored, and the index goes last', async (t) => {
  const box = await createImport(t);
  const cd = join(box.dir, 'CD');
  await mkdir(join(cd, 'IMAGES'), { recursive: true });
  await writeFile(join(cd, 'IMAGES', '1'), slice.part10);
  await writeFile(join(cd, 'DICOMDIR'), 'an index');
  box.outside.isMarked = false;
  assert.deepEqual(await box.looks(2), []);
  assert.equal(box.begun.length, 0);
  box.outside.isMarked = true;
  assert.equal((await box.looks(1)).length, 1);
  assert.deepEqual(new Set(box.outside.studies), new Set([slice.attributes.studyInstanceUid]));
  assert.deepEqual(await readdir(cd), ['DICOMDIR', 'IMAGES']);
  await box.looks(31);
  assert.deepEqual(await readdir(cd), ['IMAGES']);
  assert.deepEqual(await readdir(join(box.dir, 'rejected')), []);
});
