import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { eventsOf, put } from '#test/support/relay-requests.ts';
import { openRelayWorld } from '#test/support/relay-world.ts';

/** Lets every promise that can go on do so. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

async function open() {
  const world = await openRelayWorld();
  return { world, box: await world.session(world.box), center: await world.session(world.center) };
}

test('who waits at a mailbox is answered when something comes', async () => {
  const { world, box, center } = await open();
  const waiting = eventsOf(world, center, world.center.mailbox, '', 55);
  while (world.clock.waiting() === 0) await settle();
  const pack = outsideOfPack(world.center.mailbox, 3_000, 'bell');
  await put(world, box, pack);
  assert.deepEqual((await waiting).packs, [
    { packId: idOf(pack), sizeBytes: pack.length, class: 2 },
  ]);
});

test('a wait ends empty after its time, after 55 seconds at the latest', async () => {
  const { world, center } = await open();
  const waiting = eventsOf(world, center, world.center.mailbox, '', 9_999);
  while (world.clock.waiting() === 0) await settle();
  world.clock.advance(55_000);
  assert.deepEqual((await waiting).packs, []);
});

test('a new key list and the end of the relay wake who waits', async () => {
  const { world, center } = await open();
  const first = eventsOf(world, center, world.center.mailbox, '', 55);
  while (world.clock.waiting() === 0) await settle();
  await world.fetch('keylist', { method: 'PUT', body: world.center.keyListText(2) });
  assert.equal((await first).keyList, 2);
  const second = eventsOf(world, center, world.center.mailbox, '', 55);
  while (world.clock.waiting() === 0) await settle();
  world.stop.abort();
  assert.deepEqual((await second).packs, []);
});

test('a caller who waits too often at once has his oldest request answered', async () => {
  const { world, center } = await open();
  const all = [];
  for (let n = 1; n <= 5; n++) {
    all.push(eventsOf(world, center, world.center.mailbox, '', 55));
    while (world.clock.waiting() < Math.min(n, 4)) await settle();
  }
  assert.deepEqual((await all[0])?.packs, []);
  while (world.clock.waiting() < 4) await settle();
  world.stop.abort();
  await Promise.all(all);
});

test('a cursor goes on behind what was seen; a foreign or broken one starts over', async () => {
  const { world, box, center } = await open();
  const packs = ['1', '2', '3'].map((seed) => outsideOfPack(world.center.mailbox, 2_000, seed));
  for (const pack of packs) await put(world, box, pack);
  const all = await eventsOf(world, center, world.center.mailbox, '');
  assert.deepEqual(
    all.packs.map(({ packId }) => packId),
    packs.map(idOf),
  );
  assert.deepEqual((await eventsOf(world, center, world.center.mailbox, all.cursor)).packs, []);
  for (const cursor of ['fedcba9876543210-999', 'x', `${all.cursor}x`, '-1']) {
    const again = await eventsOf(world, center, world.center.mailbox, cursor);
    assert.equal(again.packs.length, 3, cursor);
  }
});
