import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { expectOk } from '#sync/core/result.ts';
import { openBoxWorld } from '#test/support/box-world.ts';
import { idOf } from '#test/support/pack-bytes.ts';
import {
  assertSameObjects,
  dataLetters,
  listOf,
  receiptFor,
  reportFor,
  seal,
  slices,
  snapshot,
  stateOf,
  withChangedPixel,
} from '#test/support/road.ts';

test('bytes that rot on the disk are never sent as good, and a resend heals them', async (t) => {
  let isRotten = true;
  const world = await openBoxWorld(t, {
    damage: (store) => ({
      ...store,
      read: async (...range) => {
        const read = await store.read(...range);
        if (read.ok && isRotten) read.value[read.value.length - 1] = 0xff;
        return read;
      },
    }),
  });
  const study = slices(1);
  await world.receive(study);
  world.clock.advance(2_000);
  await world.seal();
  assert.equal(await stateOf(world), 'needs help');
  assert.equal((await dataLetters(world)).length, 0);
  isRotten = false;
  await world.receive(study);
  world.clock.advance(2_000);
  await world.seal();
  assertSameObjects(await world.lettersAtCenter(), study);
});

test('a catalog that is deleted comes back from disk with the same studies and states', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(3);
  const list = await seal(world, study);
  await world.receive([...study.slice(0, 1), ...study.slice(1, 2).map(withChangedPixel)]);
  await world.receive(slices(2, 7));
  await world.giveCustody();
  await world.countCustody();
  await world.bring('receipt', receiptFor(study, list.packId));
  await world.bring('report', reportFor(study, list.packId));
  await world.takeIn();
  const before = await snapshot(world);
  await world.stop();
  await rm(join(world.dataDir, 'catalog.db'));
  await world.start();
  assert.deepEqual(await snapshot(world), before);
});

test('a start replays nothing twice', async (t) => {
  const world = await openBoxWorld(t);
  await seal(world, slices(2));
  await world.stop();
  await world.start();
  assert.deepEqual(world.folder().replayed, { instances: 0, facts: 0 });
});

test('a pack that no fact knows is removed at start and sealed anew', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  await world.receive(study);
  const orphan = new TextEncoder().encode('sealed, then the power went');
  expectOk(await world.spool.clinical.putPack(idOf(orphan), orphan));
  await world.stop();
  await world.start();
  assert.deepEqual(await world.spool.clinical.sentPacks(), []);
});

test('a sealed pack that is gone from the spool is sealed anew', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(2);
  await seal(world, study);
  for (const packId of await world.spool.clinical.sentPacks()) {
    await world.spool.clinical.removeSent(packId);
  }
  await world.stop();
  await world.start();
  world.clock.advance(2_000);
  await world.seal();
  const letters = await world.lettersAtCenter();
  assertSameObjects(letters, study);
  assert.equal(listOf(letters).digests.size, 2);
});

test('a spool that takes nothing loses nothing', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  await world.receive(study);
  world.clock.advance(2_000);
  world.refuseSpool(true);
  const turn = await world.seal();
  assert.equal(turn.sealedBytes, 0);
  world.refuseSpool(false);
  await world.seal();
  assertSameObjects(await world.lettersAtCenter(), study);
});

test('a letter that was refused is shown as refused, wherever a power cut ends the log of facts', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  await seal(world, study);
  const log = join(world.dataDir, 'letters', 'facts-000001.log');
  const before = (await readFile(log)).length;
  const letter = await world.sealBack('receipt', receiptFor(study, '9'.repeat(64)));
  await world.carry(letter);
  await world.takeIn();
  assert.equal((await world.folder().catalog.quarantined())[0]?.packId, letter.packId);
  await world.stop();
  const whole = await readFile(log);
  for (let end = before - 1; end >= 0; end = whole.indexOf('\n', end + 1)) {
    await writeFile(log, whole.subarray(0, end + 1));
    for (const suffix of ['', '-wal']) {
      await rm(join(world.dataDir, `catalog.db${suffix}`), { force: true });
    }
    // As if the mark in the spool, which comes last, had not been made either.
    await world.spool.agent.removeIncoming(letter.packId);
    await world.spool.clinical.forgetTaken();
    await world.carry(letter);
    await world.start();
    await world.takeIn();
    const shown = (await world.folder().catalog.quarantined()).map(({ packId }) => packId);
    assert.deepEqual(shown, [letter.packId], `the log ends at ${end} of ${whole.length}`);
    await world.stop();
  }
  await world.start();
});
