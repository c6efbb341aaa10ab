import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createResendFiles } from '#sync/adapters/resends-folder.ts';
import type { StudyResends } from '#sync/center/ports-resends.ts';
import { silentLog } from '#sync/core/log.ts';
import { fuzzJson } from '#test/support/fuzz.ts';

const resends: StudyResends = {
  ...{ format: 1, studyInstanceUid: '2.25.77', box: 'ab'.repeat(32) },
  causes: [
    {
      ...{ id: 'pack/a', at: '2026-01-05T10:00:00.000Z', reason: 'unreadable' },
      ...{ packs: ['a'], instances: ['b'], by: null, why: null, version: 7 },
    },
  ],
};

async function folderOf(t: { after(done: () => Promise<void>): void }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-resends-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

test('what is asked for again is read back by a new start; the file is private and tells no UID', async (t) => {
  const folder = await folderOf(t);
  await createResendFiles(folder, silentLog).put(resends);
  await createResendFiles(folder, silentLog).put({ ...resends, box: 'cd'.repeat(32) });
  const all = await createResendFiles(folder, silentLog).all();
  assert.deepEqual(all, [{ ...resends, box: 'cd'.repeat(32) }]);
  const [name = '', ...more] = await readdir(join(folder, 'resends'));
  assert.equal(more.length, 0);
  assert.ok(!name.includes('2.25.77'));
  assert.equal((await stat(join(folder, 'resends', name))).mode & 0o777, 0o600);
});

test('a file of any content is passed over or is what was put', async (t) => {
  const folder = await folderOf(t);
  const files = createResendFiles(folder, silentLog);
  await files.put(resends);
  await fuzzJson(
    'resend file',
    [resends],
    async (value) => {
      await writeFile(join(folder, 'resends', 'x.json'), JSON.stringify(value) ?? '');
      const all = await files.all();
      assert.ok(all.some(({ studyInstanceUid }) => studyInstanceUid === '2.25.77'));
    },
    { rounds: 100 },
  );
});
