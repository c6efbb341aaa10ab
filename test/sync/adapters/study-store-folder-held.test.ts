import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { heldPacks, readHeldReasons } from '#sync/adapters/study-store-folder-held.ts';
import { DiskError } from '#sync/center/ports-disk.ts';
import type { HeldReason } from '#sync/center/ports-store.ts';

const reasonOf = (packId: string, at: string): HeldReason => ({
  ...{ packId, why: 'unknown-box', signer: 'ab', sizeBytes: 3, at },
});
const early = reasonOf('bb', '2026-01-15T12:00:00.000Z');
const late = reasonOf('aa', '2026-01-16T12:00:00.000Z');
const bytes = Uint8Array.of(1, 2, 3);

async function place(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-held-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'held');
}

test('a command beside the running center reads the reasons, oldest first', async (t) => {
  const folder = await place(t);
  assert.deepEqual(await readHeldReasons(folder), [], 'before the first pack');
  await heldPacks(folder).hold(late, bytes);
  await heldPacks(folder).hold(early, bytes);
  assert.deepEqual(await readHeldReasons(folder), [early, late]);
  assert.deepEqual(await heldPacks(folder).readHeld('aa'), bytes);
});

test('a reason whose pack a crash did not write is none; a pack without a reason is still held', async (t) => {
  const folder = await place(t);
  await heldPacks(folder).hold(early, bytes);
  await writeFile(join(folder, 'cc.json'), JSON.stringify(reasonOf('cc', early.at)));
  await writeFile(join(folder, 'dd.spk'), bytes);
  await writeFile(join(folder, 'ee.spk'), bytes);
  await writeFile(join(folder, 'ee.json'), '{"packId":"ee"');
  assert.deepEqual(await readHeldReasons(folder), [early]);
  assert.deepEqual(await heldPacks(folder).held(), ['bb', 'dd', 'ee']);
});

test('what is dropped leaves nothing, and may be dropped again', async (t) => {
  const folder = await place(t);
  const held = heldPacks(folder);
  await held.hold(early, bytes);
  await held.dropHeld('bb');
  await held.dropHeld('bb');
  assert.deepEqual(await readdir(folder), []);
  assert.equal(await held.readHeld('bb'), undefined);
});

test('a disk that fails is told as one', async (t) => {
  const folder = await place(t);
  await mkdir(join(folder, 'bb.spk'), { recursive: true });
  const isDisk = (cause: unknown): boolean => cause instanceof DiskError;
  await assert.rejects(heldPacks(folder).readHeld('bb'), isDisk);
  await assert.rejects(heldPacks(folder).hold(early, bytes), isDisk);
});
