import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Center } from '#appliance/ports-pairing.ts';
import { hex } from '#sync/core/bytes.ts';
import type { JsonObject } from '#sync/core/canonical-json.ts';
import { sealPack } from '#sync/seal/pack.ts';
import { partyIdOfBox } from '#sync/seal/party.ts';
import { type PackId, parsePackId } from '#sync/wire/pack-id.ts';
import { type BoxWorld, openBoxWorld } from '#test/support/box-world.ts';
import { receiptFor, reportFor, seal, slices, stateOf } from '#test/support/road.ts';
import { centerOf } from '../sync/seal/parties.ts';
import { seeded, shake } from '../sync/seal/shake-random.ts';

interface Letter {
  readonly meta: JsonObject;
  readonly payload: Uint8Array;
}

/** A letter of `center` for the box, sealed with the randomness of `seed`, which the agent brings; its pack id. */
async function bringFrom(
  world: BoxWorld,
  center: { readonly identity: ReturnType<typeof centerOf>['identity']; readonly mailbox: string },
  kind: 'receipt' | 'report',
  letter: Letter,
  seed: string,
): Promise<PackId> {
  const { identity, receive } = world.pairing;
  const sealed = sealPack(
    {
      ...letter,
      kind,
      class: 1,
      mailbox: shake(center.mailbox, 16),
      sealedAtMs: 0,
      stream: shake('center/stream', 16),
      sequence: 1n,
      recipients: [receive],
      recipientParty: partyIdOfBox(identity.publicKey),
      signer: center.identity,
    },
    seeded(seed),
  );
  const packId = parsePackId(sealed.packId);
  assert.ok(packId);
  await world.carry({ packId, bytes: sealed.bytes });
  return packId;
}

const reasonsOf = async (world: BoxWorld): Promise<readonly string[]> =>
  (await world.folder().catalog.quarantined()).map(({ reason }) => reason);

test('a second pack of the center under one uid is refused, also after a restart of the box', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  const list = await seal(world, study);
  const center = { identity: world.center.identity, mailbox: 'box/mailbox' };
  await bringFrom(world, center, 'receipt', receiptFor(study, list.packId), 'one uid');
  await world.takeIn();
  await world.stop();
  await world.start();
  await bringFrom(world, center, 'report', reportFor(study, list.packId), 'one uid');
  await world.takeIn();
  assert.match((await reasonsOf(world)).join(), /^Check 11: /);
  assert.equal(await stateOf(world), 'delivered', 'the first one stands, the second is not shown');
});

test('a receipt of an earlier round delivers nothing of a later one', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(3);
  const early = study.slice(0, 2);
  const first = await seal(world, early);
  await world.giveCustody();
  await world.countCustody();
  await world.bring('receipt', receiptFor(early, first.packId));
  await world.takeIn();
  await seal(world, study.slice(2));
  const states = async () => [await stateOf(world), (await reasonsOf(world)).length];
  await world.bring('receipt', receiptFor(early, first.packId));
  await world.takeIn();
  assert.deepEqual(await states(), ['sending', 0], 'it says nothing new');
  await world.bring('receipt', receiptFor(study, first.packId));
  await world.takeIn();
  assert.deepEqual(await states(), ['sending', 1], 'it names an image of the later round');
});

test('a report from a second center of the box, which was not sent this study, is not shown', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  const list = await seal(world, study);
  const other = centerOf('second center');
  const [first] = world.pairing.centers;
  assert.ok(first);
  const second: Center = {
    ...first,
    root: hex(other.root.publicKey),
    keyList: other.keyList,
    grant: { ...first.grant, boxMailbox: hex(shake('second mailbox', 16)) },
  };
  const pairing = { ...world.pairing, centers: [first, second] };
  const center = { identity: other.identity, mailbox: 'second mailbox' };
  await bringFrom(world, center, 'report', reportFor(study, list.packId), 'report');
  await bringFrom(world, center, 'receipt', receiptFor(study, list.packId), 'receipt');
  await world.parts().incoming.turn(pairing);
  const [record] = await world.folder().catalog.studies();
  assert.equal(record?.reports[0]?.refusal?.kind, 'report/other-center');
  assert.match((await reasonsOf(world)).join(), /for another center/);
  assert.notEqual(await stateOf(world), 'delivered');
});

test('a key of the first center opens nothing in the mailbox of the second', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  const list = await seal(world, study);
  const [first] = world.pairing.centers;
  assert.ok(first);
  const other = centerOf('second center');
  const second: Center = {
    ...first,
    root: hex(other.root.publicKey),
    keyList: other.keyList,
    grant: { ...first.grant, boxMailbox: hex(shake('second mailbox', 16)) },
  };
  const center = { identity: world.center.identity, mailbox: 'second mailbox' };
  await bringFrom(world, center, 'receipt', receiptFor(study, list.packId), 'crossed');
  await world.parts().incoming.turn({ ...world.pairing, centers: [first, second] });
  assert.match((await reasonsOf(world)).join(), /^Check 8: /);
});

for (const year of [1970, 2099]) {
  test(`a box whose clock says ${year} stores, seals and counts receipts as ever`, async (t) => {
    const world = await openBoxWorld(t);
    const sane = world.clock.nowMs;
    const strange = (): number => Date.UTC(year, 0, 1) + world.clock.monotonicMs();
    const study = slices(2);
    world.clock.nowMs = strange;
    const list = await seal(world, study);
    await world.giveCustody();
    world.clock.nowMs = sane;
    await world.countCustody();
    await world.bring('receipt', receiptFor(study, list.packId));
    world.clock.nowMs = strange;
    await world.takeIn();
    await world.stop();
    await world.start();
    assert.equal(await stateOf(world), 'delivered');
  });
}
