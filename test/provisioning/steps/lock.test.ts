import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { takeLock } from '#provisioning/steps/lock.ts';

test('of many setups that start at once one has the lock, and what it leaves is nothing', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'outpost-lock-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  for (let round = 0; round < 20; round++) {
    const taken = await Promise.all(Array.from({ length: 8 }, () => takeLock(root)));
    const releases = taken.filter((each) => typeof each === 'function');
    assert.equal(releases.length, 1, `round ${round}`);
    assert.deepEqual(new Set(taken.filter((each) => each !== releases[0])), new Set([process.pid]));
    await releases[0]?.();
    assert.deepEqual(await readdir(join(root, 'run')), []);
  }
});

test('a lock that a power cut left behind, even before its process stood in it, holds nobody back', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'outpost-lock-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  await mkdir(join(root, 'run'));
  for (const left of ['', '4194999', 'nonsense']) {
    await writeFile(join(root, 'run/outpost-setup.lock'), left);
    const release = await takeLock(root);
    assert.ok(typeof release === 'function', left);
    await release();
  }
});
