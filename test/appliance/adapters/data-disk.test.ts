import assert from 'node:assert/strict';
import { stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDataDisk } from '#appliance/adapters/data-disk.ts';
import { smallDisk } from '#test/support/small-disk.ts';

const mebibyte = 1024 * 1024;

test('the ballast goes when the disk is nearly full, and comes back when there is plenty', async (t) => {
  const folder = await smallDisk(t, '40m');
  if (folder === undefined) return t.skip('needs the right to mount a tmpfs');
  const disk = openDataDisk(folder, 8 * mebibyte);
  const ballast = join(folder, 'ballast');
  assert.deepEqual(await disk.room(), { isShort: false, isOutOfFiles: false });
  assert.equal((await stat(ballast)).size, 8 * mebibyte);

  const filler = join(folder, 'filler');
  await writeFile(filler, new Uint8Array(31 * mebibyte));
  assert.ok((await disk.room()).isShort);
  await assert.rejects(stat(ballast), 'its bytes are free');
  await truncate(filler, 20 * mebibyte);
  assert.ok((await disk.room()).isShort, 'some room is not plenty');
  await truncate(filler, 0);
  assert.equal((await disk.room()).isShort, false);
  assert.equal((await stat(ballast)).size, 8 * mebibyte);
});

test('a box without a reserve has no ballast', async (t) => {
  const folder = await smallDisk(t, '4m');
  if (folder === undefined) return t.skip('needs the right to mount a tmpfs');
  const disk = openDataDisk(folder, 0);
  assert.equal((await disk.room()).isShort, false);
  await assert.rejects(stat(join(folder, 'ballast')));
  assert.ok((await disk.probe()).ok);
});
