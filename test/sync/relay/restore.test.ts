import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { fault } from '#sync/core/fault.ts';
import { fail } from '#sync/core/result.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { createMemoryIndex } from '#test/support/relay-memory.ts';
import { eventsOf, piece, put, statusOf } from '#test/support/relay-requests.ts';
import { openRelayWorld } from '#test/support/relay-world.ts';

test('a restarted relay goes on with the parts on its disk', async () => {
  const world = await openRelayWorld();
  const pack = outsideOfPack(world.center.mailbox, 5_000, 'part');
  await piece(world, await world.session(world.box), pack, 0, 3_000);
  const again = await openRelayWorld({ store: world.store, index: world.index });
  const token = await again.session(again.box);
  assert.equal((await statusOf(again, token, [pack])).packs[0]?.offset, 3_000);
  assert.equal((await piece(again, token, pack, 3_000, pack.length)).status, 201);
});

test('a part that a crash left torn costs one repetition and no wrong byte', async () => {
  const world = await openRelayWorld();
  const pack = outsideOfPack(world.center.mailbox, 5_000, 'torn');
  await piece(world, await world.session(world.box), pack, 0, 3_000);
  const [part] = await world.store.parts();
  assert.ok(part !== undefined);
  await world.store.writePart(part, 2_000, new Uint8Array(1_000));
  const again = await openRelayWorld({ store: world.store, index: world.index });
  const token = await again.session(again.box);
  assert.equal((await piece(again, token, pack, 3_000, pack.length)).status, 422);
  assert.equal((await put(again, token, pack)).status, 201);
});

test('a relay that lost its database finds its packs again, and cursors start over', async () => {
  const world = await openRelayWorld();
  const pack = outsideOfPack(world.center.mailbox, 5_000, 'lost');
  await put(world, await world.session(world.box), pack);
  const again = await openRelayWorld({ store: world.store, index: createMemoryIndex() });
  const center = await again.session(again.center);
  const events = await eventsOf(again, center, again.center.mailbox, '');
  assert.deepEqual(
    events.packs.map(({ packId }) => packId),
    [idOf(pack)],
  );
  const box = await again.session(again.box);
  assert.equal((await put(again, box, pack)).status, 201, 'its sender gets a receipt again');
  assert.equal((await eventsOf(again, center, again.center.mailbox, '')).packs.length, 1);
});

test('a pack that the database has no room for at the start is taken up when it has', async () => {
  const world = await openRelayWorld();
  const pack = outsideOfPack(world.center.mailbox, 5_000, 'no room');
  await put(world, await world.session(world.box), pack);
  const index = createMemoryIndex();
  let isFull = true;
  const addPack: typeof index.addPack = async (row) =>
    isFull ? fail(fault('database/full', 'It is full', 'Make room', 'later')) : index.addPack(row);
  const again = await openRelayWorld({ store: world.store, index: { ...index, addPack } });
  const center = await again.session(again.center);
  const waiting = async () => (await eventsOf(again, center, again.center.mailbox, '')).packs;
  assert.deepEqual(await waiting(), []);
  isFull = false;
  await again.clock.advance(30_000);
  assert.deepEqual(
    (await waiting()).map(({ packId }) => packId),
    [idOf(pack)],
  );
});

test('a pack whose center the relay does not know yet is taken up with its lists', async () => {
  const world = await openRelayWorld();
  const pack = outsideOfPack(world.center.mailbox, 5_000, 'no lists');
  await put(world, await world.session(world.box), pack);
  const { store } = world;
  const readDocument: typeof store.readDocument = async () => undefined;
  const bare = { store: { ...store, readDocument }, index: createMemoryIndex() };
  const again = await openRelayWorld(bare);
  await again.fetch('keylist', { method: 'PUT', body: again.center.keyListText(1) });
  await again.fetch('access', { method: 'PUT', body: again.center.accessText(1, [again.box]) });
  const center = await again.session(again.center);
  const { packs } = await eventsOf(again, center, again.center.mailbox, '');
  assert.equal(packs.length, 1);
});

test('a pack whose file is lost is absent again, so that its sender brings it', async () => {
  const world = await openRelayWorld();
  const pack = outsideOfPack(world.center.mailbox, 5_000, 'gone');
  await put(world, await world.session(world.box), pack);
  await world.store.removePack(idOf(pack));
  const again = await openRelayWorld({ store: world.store, index: world.index });
  const token = await again.session(again.box);
  assert.equal((await statusOf(again, token, [pack])).packs[0]?.state, 'absent');
  assert.equal((await put(again, token, pack)).status, 201);
});

test('a file that a crash left behind its acknowledgement is removed', async () => {
  const world = await openRelayWorld();
  const pack = outsideOfPack(world.center.mailbox, 5_000, 'acked');
  await put(world, await world.session(world.box), pack);
  await world.index.take(
    Buffer.from(world.center.root.publicKey).toString('hex'),
    [world.center.mailbox],
    [idOf(pack)],
  );
  await openRelayWorld({ store: world.store, index: world.index });
  assert.deepEqual(await world.store.packs(), []);
});

test('a taken pack that comes again by another handle is answered and not kept', async () => {
  const world = await openRelayWorld();
  const pack = outsideOfPack(world.center.mailbox, 5_000, 'twice');
  await put(world, await world.session(world.box), pack);
  const center = await world.session(world.center);
  const body = JSON.stringify({ packIds: [idOf(pack)] });
  await world.as(center, 'acks', { method: 'POST', body });
  const body2 = world.center.accessText(2, [world.box], (list) => ({
    ...list,
    handles: list.handles.map((entry) => ({ ...entry, write: [world.center.mailbox] })),
  }));
  await world.fetch('access', { method: 'PUT', body: body2 });
  assert.equal((await put(world, await world.session(world.center), pack)).status, 201);
  assert.deepEqual(await world.store.packs(), []);
  assert.deepEqual((await eventsOf(world, center, world.center.mailbox, '')).packs, []);
});
