import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownFolder } from '#sync/adapters/folder-owner.ts';
import { expectOk } from '#sync/core/result.ts';

test('a folder has one owner, and the next one when that is gone, even by a kill', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-owner-'));
  t.after(() => rm(dir, { recursive: true }));
  const script = `require('net').createServer().listen(${JSON.stringify(join(dir, 'owner.sock'))},
    () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
  await stat(join(dir, 'owner.sock'));

  const first = expectOk(await ownFolder(dir));
  const second = await ownFolder(dir);
  assert.ok(!second.ok && second.fault.message.includes(`process ${process.pid} works there`));
  await first.release();
  await expectOk(await ownFolder(dir)).release();
});

test('a folder that takes no socket is nobody’s, and the program goes on', async () => {
  await expectOk(await ownFolder('/proc')).release();
});
