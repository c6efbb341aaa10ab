import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Party } from '#sync/center/ports-party.ts';
import { ok } from '#sync/core/result.ts';
import { receivingSecretOf } from '#sync/seal/receiving-key.ts';
import { createCenterWorld, dataOf, joinBox, manifestOf } from '#test/support/center-world.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';
import { shake } from '../seal/shake-random.ts';

const slices = syntheticStudy({ seed: 72, slices: 2, rows: 32 });

/** A center that went on to its next epoch; the seed of the one before is destroyed. */
function nextEpochWorld(state: 'accept' | 'gone') {
  const next = receivingSecretOf(shake('the next epoch', 32));
  const world = createCenterWorld({
    readParty: async () => {
      const party: Party = world.party();
      const before = party.keyList.receive.map((each) => ({ ...each, state }));
      const current = { kid: next.kid, key: next.publicKey, state: 'current' as const };
      const keyList = { ...party.keyList, receive: [...before, current] };
      return ok({ ...party, secrets: [next], keyList });
    },
  });
  return world;
}

test('a pack of an epoch that is gone is put aside, and every confirmed box hears its name, once', async () => {
  const world = nextEpochWorld('gone');
  const [box, other] = [joinBox(world, 'box 1'), joinBox(world, 'box 2', { site: 'CM-BAF-02' })];
  const stranger = joinBox(world, 'box 3', { state: 'claimed', site: 'CM-BAF-03' });
  const packId = await box.send('data', dataOf(slices));
  const center = await world.settle();
  const [aside] = (await world.ports.store.quarantined(1)).newest;
  assert.equal(aside?.kind, 'center/epoch-gone');
  assert.deepEqual(await world.ports.store.held(), []);
  assert.deepEqual(await world.spool.clinical.arrivedPacks(), [], 'the relay may drop it');
  for (const each of [box, other]) {
    const [letter, ...more] = await each.inbox();
    assert.deepEqual(more, []);
    assert.ok(letter?.letter.kind === 'control');
    const { control } = letter.letter;
    assert.ok(control.register === 'please-resend');
    assert.deepEqual(
      [control.reason, control.study, control.packs],
      ['epoch-gone', null, [packId]],
    );
  }
  assert.deepEqual(await stranger.inbox(), []);
  await world.settle(center);
  await world.settle(world.start());
  assert.equal((await box.inbox()).length, 1, 'also after a restart');
  const manifest = await box.send('manifest', manifestOf(slices));
  await world.settle();
  const letters = await box.inbox();
  const versions = letters.map(({ letter }) => letter.kind === 'control' && letter.control);
  const [first, second] = versions;
  assert.ok(first && second && second.register === 'please-resend');
  assert.ok(second.version > first.version, 'a newer register');
  assert.deepEqual([...second.packs].sort(), [manifest, packId].sort());
});

test('while an epoch is accepted a missing key is a key that may come back: the pack waits', async () => {
  const world = nextEpochWorld('accept');
  const box = joinBox(world);
  await box.send('data', dataOf(slices));
  await world.settle();
  assert.deepEqual(
    (await world.ports.store.heldReasons()).map(({ why }) => why),
    ['no-key'],
  );
  assert.deepEqual(await box.inbox(), []);
});
