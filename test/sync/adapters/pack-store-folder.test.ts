import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPackStore } from '#sync/adapters/pack-store-folder.ts';
import { packStoreContract } from '#test/contract/pack-store.ts';

const makeDir = (): string => mkdtempSync(join(tmpdir(), 'outpost-packs-'));

packStoreContract('folder', async () => {
  const dir = makeDir();
  return {
    store: await openPackStore(dir),
    close: () => rm(dir, { recursive: true, force: true }),
  };
});

test('files with other names are not parts and not packs', async () => {
  const dir = makeDir();
  const store = await openPackStore(dir);
  writeFileSync(join(dir, 'parts', 'x'), 'x');
  writeFileSync(join(dir, 'packs', 'x'), 'x');
  assert.deepEqual(await store.parts(), []);
  assert.deepEqual(await store.packs(), []);
  await rm(dir, { recursive: true });
});
