import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openLetterFiles, type WriteDurably } from '#appliance/adapters/letter-files-folder.ts';
import { writeDurably } from '#sync/adapters/durable-file.ts';
import { utf8 } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';

const id = 'ab'.repeat(32);

async function createFiles(t: TestContext, write: WriteDurably = writeDurably) {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-letters-'));
  t.after(() => rm(dir, { recursive: true }));
  return { dir, files: await openLetterFiles(dir, write) };
}

test('a document is read as it was put, and one that never came is absent', async (t) => {
  const { files } = await createFiles(t);
  expectOk(await files.putReportDocument(id, utf8('a report')));
  assert.deepEqual(await files.readReportDocument(id), utf8('a report'));
  assert.equal(await files.readReportDocument('cd'.repeat(32)), undefined);
});

test('what failed a check lies in quarantine as it came, with the reason beside it', async (t) => {
  const { dir, files } = await createFiles(t);
  expectOk(await files.quarantine(id, utf8('a pack'), 'Check 9: the signature does not verify'));
  const folder = join(dir, 'quarantine');
  assert.deepEqual((await readdir(folder)).sort(), [`${id}.spk`, `${id}.txt`]);
  assert.equal(await readFile(join(folder, `${id}.spk`), 'utf8'), 'a pack');
  assert.match(await readFile(join(folder, `${id}.txt`), 'utf8'), /^Check 9: .*\n$/);
});

test('a full disk is told as full and leaves no reason without its pack', async (t) => {
  const full = async () => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  };
  const { dir, files } = await createFiles(t, full);
  const kept = await files.quarantine(id, utf8('a pack'), 'Check 9');
  assert.equal(kept.ok ? 'ok' : kept.fault.kind, 'store/full');
  assert.deepEqual(await readdir(join(dir, 'quarantine')), []);
});

test('a name that is no digest never becomes a path', async (t) => {
  const { files } = await createFiles(t);
  for (const name of ['../catalog.db', '', id.toUpperCase(), `${id}/x`]) {
    assert.throws(() => files.keepLetter(name, utf8('x')), name);
    await assert.rejects(files.readReportDocument(name), name);
  }
});
