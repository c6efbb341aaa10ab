import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { addressedTo } from '#appliance/intake/addressing.ts';
import { studyRow } from '#appliance/intake/progress.ts';
import { createReseal } from '#appliance/intake/reseal.ts';
import { sealingTurn } from '#appliance/intake/sealing.ts';
import type { Pairing } from '#appliance/ports-pairing.ts';
import { hex } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { parsePackFrame } from '#sync/seal/header.ts';
import { receivingSecretOf } from '#sync/seal/receiving-key.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import { type BoxWorld, openBoxWorld } from '#test/support/box-world.ts';
import {
  assertSameObjects,
  listOf,
  receiptFor,
  seal,
  slices,
  studyUidOf,
} from '#test/support/road.ts';

/** What the agent says stands in the way of each of `packIds`. */
async function say(world: BoxWorld, kind: string, packIds: readonly PackId[]): Promise<void> {
  const text = { message: 'In this test', next: 'Wait', at: '2026-01-15T12:00:00.000Z' };
  const faults = packIds.map((packId) => ({ kind, packId, ...text }));
  const state = { format: 1, link: 'up', rateBytesPerS: 1, lastContactAt: null } as const;
  expectOk(await world.spool.agent.writeState({ ...state, offsets: {}, faults }));
}

test('a relay or an agent that lies about a good pack never causes a re-seal', async (t) => {
  const world = await openBoxWorld(t);
  await seal(world, slices(2));
  const before = await world.spool.clinical.sentPacks();
  for (const kind of ['agent/good-pack-refused', 'agent/damaged-pack', 'agent/wrong-hash']) {
    await say(world, kind, before);
    assert.equal(await createReseal(world.parts().ports).turn(world.pairing), 0);
    await world.seal();
    await world.stop();
    await world.start();
  }
  assert.deepEqual(await world.spool.clinical.sentPacks(), before);
});

test('a pack that rots in the spool is sealed anew under another id, and only that one', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(2);
  await seal(world, study);
  const before = await world.spool.clinical.sentPacks();
  const reseal = createReseal(world.parts().ports);
  for (const packId of before) {
    await say(world, 'agent/damaged-pack', []);
    const bytes = await world.spool.clinical.readSent(packId);
    assert.ok(bytes);
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    expectOk(await world.spool.clinical.putPack(packId, bytes));
    assert.equal(await reseal.turn(world.pairing), 0, 'nobody noticed yet');
    await say(world, 'agent/damaged-pack', before);
    assert.equal(await reseal.turn(world.pairing), 1);
    world.clock.advance(2_000);
    await world.seal();
  }
  const after = new Set(await world.spool.clinical.sentPacks());
  assert.ok(before.every((packId) => !after.has(packId)));
  assertSameObjects(await world.lettersAtCenter(), study);
});

test('what is sealed to an epoch that is gone is sealed anew to the current one', async (t) => {
  const world = await openBoxWorld(t);
  await seal(world, slices(2));
  const before = await world.spool.clinical.sentPacks();
  const reseal = createReseal(world.parts().ports);
  assert.equal(await reseal.turn(withEpoch(world, 'accept')), 0, 'the center still opens it');
  const pairing = withEpoch(world, 'gone');
  assert.equal(await reseal.turn(pairing), before.length);
  assert.equal(await reseal.turn(pairing), 0);
  const [center] = pairing.centers;
  assert.ok(center);
  const config = { packTargetBytes: 1024 ** 2, sealAheadBytes: 1024 ** 3, manifestIntervalMs: 1 };
  world.clock.advance(2_000);
  await sealingTurn(world.parts().ports, config, addressedTo(center));
  const after = await world.spool.clinical.sentPacks();
  assert.ok(after.length > 0 && after.every((packId) => !before.includes(packId)));
  for (const packId of after) {
    const bytes = (await world.spool.clinical.readSent(packId)) ?? new Uint8Array();
    const kids = expectOk(parsePackFrame(bytes)).stanzas.map(({ kid }) => hex(kid));
    assert.deepEqual(kids, [hex(nextEpoch.kid)]);
  }
  assert.equal(await reseal.turn(pairing), 0, 'a new seal is not judged by the old epoch');
});

test('what a relay has that is sealed to an epoch that is gone goes again, and what the center signed for does not', async (t) => {
  const world = await openBoxWorld(t);
  const [done, study] = [slices(2), slices(2, 7)];
  const { packId: manifest } = await seal(world, done);
  await world.giveCustody();
  await world.countCustody();
  await world.bring('receipt', receiptFor(done, manifest));
  await world.takeIn();
  await seal(world, study);
  await world.giveCustody();
  await world.countCustody();
  assert.deepEqual(await world.spool.clinical.sentPacks(), []);
  const stateOf = async () => {
    const record = (await world.folder().catalog.studies()).find(
      ({ studyInstanceUid }) => studyInstanceUid === studyUidOf(study),
    );
    assert.ok(record);
    return studyRow(record, { isReceiving: () => false, agent: undefined }).state;
  };
  assert.equal(await stateOf(), 'at center');
  const reseal = createReseal(world.parts().ports);
  assert.equal(await reseal.turn(withEpoch(world, 'accept')), 0, 'the center still opens it');
  const pairing = withEpoch(world, 'gone');
  assert.equal(
    await reseal.turn(pairing),
    2,
    'images and their list; the first manifest listed nothing',
  );
  assert.equal(await stateOf(), 'sending', 'staff see that it is on its way once more');
  assert.equal(await createReseal(world.parts().ports).turn(pairing), 0, 'once');

  const [center] = pairing.centers;
  assert.ok(center);
  const config = { packTargetBytes: 1024 ** 2, sealAheadBytes: 1024 ** 3, manifestIntervalMs: 1 };
  world.clock.advance(2_000);
  await sealingTurn(world.parts().ports, config, addressedTo(center));
  const letters = await world.lettersAtCenter({ ...world.center, receive: nextEpoch });
  assertSameObjects(letters, study);
  await world.bring('receipt', receiptFor(study, listOf(letters).packId));
  await world.takeIn();
  assert.equal(await stateOf(), 'delivered');
});

test('a pack that was being sealed while its epoch went is found later, also after the catalog was made anew', async (t) => {
  const world = await openBoxWorld(t);
  const pairing = withEpoch(world, 'gone');
  const reseal = createReseal(world.parts().ports);
  assert.equal(await reseal.turn(pairing), 0);
  await seal(world, slices(1));
  await world.giveCustody();
  await world.countCustody();
  assert.equal(await reseal.turn(pairing), 0, 'it was looked at a moment ago');
  await world.stop();
  await rm(join(world.dataDir, 'catalog.db'), { force: true });
  await world.start();
  world.clock.advance(10 * 60_000);
  assert.equal(await createReseal(world.parts().ports).turn(pairing), 2);
  assert.equal(await createReseal(world.parts().ports).turn(pairing), 0);
});

const nextEpoch = receivingSecretOf(new Uint8Array(32).fill(9));

/** The pairing once the center went on to its next epoch, and what became of the first. */
function withEpoch({ pairing }: BoxWorld, state: 'accept' | 'gone'): Pairing {
  const { kid, publicKey: key } = nextEpoch;
  const centers = pairing.centers.map((center) => ({
    ...center,
    keyList: {
      ...center.keyList,
      list: center.keyList.list + 1,
      receive: [
        ...center.keyList.receive.map((known) => ({ ...known, state })),
        { kid, key, state: 'current' as const },
      ],
    },
  }));
  return { ...pairing, centers };
}
