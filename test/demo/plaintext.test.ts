import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { needlesOf, scanForNeedles } from './plaintext.ts';

const pixels = Buffer.alloc(4_096, 7);
for (let index = 0; index < pixels.length; index++) pixels[index] = (index * index * 37) >>> 5;
const part10 = Buffer.concat([Buffer.from([0xe0, 0x7f, 0x10, 0, 0, 0, 0, 0, 0, 16, 0, 0]), pixels]);
const needles = needlesOf([
  { texts: ['TEST^ALPHA', '2.25.123456789', 'A-1', '1.2.840.10008.1.1', ''], part10 },
]);

test('short values and UIDs of the standard are counted as skipped, all else is searched', () => {
  assert.equal(needles.skipped, 2);
  assert.equal(needles.values.length, 5);
});

test('a planted name, UID and pixel window are found, also across the border of two reads', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-scan-'));
  t.after(() => rm(folder, { recursive: true }));
  const noise = Buffer.alloc(1 << 20, 1);
  await writeFile(
    join(folder, 'a'),
    Buffer.concat([
      noise.subarray(5),
      Buffer.from('TEST^ALPHA'),
      noise,
      Buffer.from('2.25.123456789'),
    ]),
  );
  await writeFile(join(folder, 'b'), pixels.subarray(1_024 - 12, 1_200));
  const outcome = await scanForNeedles([folder], needles);
  assert.equal(outcome.hits, 3);
  assert.equal(outcome.scannedBytes, 2 * noise.length - 5 + 10 + 14 + 188);
});

test('a folder without them gives no hit', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-scan-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'a'), Buffer.from('TEST^BRAVO and 2.25.12345678'));
  assert.equal((await scanForNeedles([folder], needles)).hits, 0);
});
