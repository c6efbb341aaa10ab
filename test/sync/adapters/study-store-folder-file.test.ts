import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, readJson } from '#sync/adapters/study-store-folder-file.ts';

test('a file of ours is read whole or not at all; a disk that fails is no missing file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-json-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'a.json');
  assert.equal(await readJson(path), undefined);
  await writeFile(path, JSON.stringify({ text: 'Müller', count: 2 }));
  assert.deepEqual(await readJson(path), { text: 'Müller', count: 2 });
  await writeFile(path, '{"text":"M');
  assert.equal(await readJson(path), undefined);
  await mkdir(join(folder, 'b.json'));
  await assert.rejects(readJson(join(folder, 'b.json')), { code: 'EISDIR' });
});

test('half a line is none', () => {
  assert.equal(parse(''), undefined);
  assert.equal(parse('{"at":'), undefined);
  assert.deepEqual(parse('{"at":1}'), { at: 1 });
});
