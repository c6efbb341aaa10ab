import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fault } from '#sync/core/fault.ts';
import { fail } from '#sync/core/result.ts';
import { outsideOfPack } from '#test/support/pack-bytes.ts';
import { piece, put, statusOf } from '#test/support/relay-requests.ts';
import { openRelayWorld, type RelayWorld } from '#test/support/relay-world.ts';

/** Gives the box of a world other limits. */
async function limit(
  world: RelayWorld,
  limits: { readonly bytesPerDay?: number; readonly openPacks?: number },
): Promise<void> {
  const body = world.center.accessText(2, [world.box], (list) => ({
    ...list,
    handles: list.handles.map((entry) => ({ ...entry, ...limits })),
  }));
  assert.equal((await world.fetch('access', { method: 'PUT', body })).status, 200);
}

const pack = (world: RelayWorld, seed: string, packClass = 2): Uint8Array => {
  const bytes = outsideOfPack(world.center.mailbox, 5_000, seed);
  bytes[10] = packClass;
  return bytes;
};

test('more unfinished packs than allowed wait; those begun go on', async () => {
  const world = await openRelayWorld();
  await limit(world, { openPacks: 2 });
  const token = await world.session(world.box);
  const [a, b, c] = ['a', 'b', 'c'].map((seed) => pack(world, seed));
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  assert.equal((await piece(world, token, a, 0, 1_000)).status, 200);
  assert.equal((await piece(world, token, b, 0, 1_000)).status, 200);
  const third = await piece(world, token, c, 0, 1_000);
  assert.equal(third.status, 429);
  assert.ok(Number(third.headers.get('retry-after')) > 0);
  assert.equal((await piece(world, token, a, 1_000, a.length)).status, 201);
  assert.equal((await piece(world, token, c, 0, 1_000)).status, 200);
});

test('a part that nobody touched for a week gives its place up', async () => {
  const world = await openRelayWorld();
  await limit(world, { openPacks: 1 });
  await piece(world, await world.session(world.box), pack(world, 'old'), 0, 1_000);
  world.clock.advance(8 * 24 * 3_600_000);
  const token = await world.session(world.box);
  assert.equal((await piece(world, token, pack(world, 'new'), 0, 1_000)).status, 200);
  assert.equal((await world.store.parts()).length, 1);
});

test('the quota of a day counts new bytes only, and the next day is another day', async () => {
  const world = await openRelayWorld();
  await limit(world, { bytesPerDay: 7_000 });
  const token = await world.session(world.box);
  const first = pack(world, 'first');
  assert.equal((await put(world, token, first)).status, 201);
  assert.equal((await put(world, token, first)).status, 201, 'a repeat costs nothing');
  const over = await put(world, token, pack(world, 'second'));
  assert.equal(over.status, 429);
  assert.ok(Number(over.headers.get('retry-after')) <= 3_600);
  world.clock.advance(24 * 3_600_000);
  const tomorrow = await world.session(world.box);
  assert.equal((await put(world, tomorrow, pack(world, 'second'))).status, 201);
});

test('a relay that fills up refuses routine packs first, then all, with 507', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  world.store.space.freeBytes = 0.7 * 2 ** 30;
  const routine = await put(world, token, pack(world, 'routine'));
  assert.equal(routine.status, 507);
  assert.ok(Number(routine.headers.get('retry-after')) > 0);
  assert.equal((await put(world, token, pack(world, 'stat', 0))).status, 201);
  world.store.space.freeBytes = 1_000_000;
  assert.equal((await put(world, token, pack(world, 'stat two', 0))).status, 507);
  world.store.space.freeBytes = 2 ** 40;
  assert.equal((await put(world, token, pack(world, 'routine'))).status, 201);
});

test('a pack that was refused for want of room is refused again, and takes none', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  world.store.space.freeBytes = 0.7 * 2 ** 30;
  for (let again = 0; again < 3; again++) {
    assert.equal((await put(world, token, pack(world, 'routine'))).status, 507);
    assert.equal((await piece(world, token, pack(world, 'half'), 0, 4_000)).status, 507);
  }
  assert.deepEqual(await world.store.parts(), []);
});

test('bytes that could not be written cost nothing of the day', async () => {
  const world = await openRelayWorld();
  await limit(world, { bytesPerDay: 7_000 });
  const token = await world.session(world.box);
  const { writePart } = world.store;
  world.store.writePart = async () => fail(fault('packs/full', 'full', 'x', 'later'));
  const bytes = pack(world, 'free');
  for (let again = 0; again < 3; again++) {
    assert.equal((await put(world, token, bytes)).status, 507);
  }
  world.store.writePart = writePart;
  assert.equal((await put(world, token, bytes)).status, 201);
});

test('a disk that is full in the middle of a write is 507, and the pack goes on later', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const { writePart } = world.store;
  world.store.writePart = async () => fail(fault('packs/full', 'full', 'x', 'later'));
  const bytes = pack(world, 'full');
  assert.equal((await put(world, token, bytes)).status, 507);
  world.store.writePart = writePart;
  assert.equal((await put(world, token, bytes)).status, 201);
  assert.deepEqual(world.broken, []);
});

test('a fault inside is 500 with a number and nothing else, and the program ends itself', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const secret = `${world.center.mailbox} /var/lib/outpost/relay`;
  world.store.finishPart = async () => fail(fault('packs/io', secret, secret, 'later'));
  const answer = await put(world, token, pack(world, 'io'));
  assert.equal(answer.status, 500);
  const body = (await answer.json()) as Record<string, string>;
  assert.deepEqual(Object.keys(body).sort(), ['code', 'id', 'message']);
  assert.match(body['id'] ?? '', /^[0-9a-f]{8}$/);
  assert.ok(!JSON.stringify(body).includes(world.center.mailbox));
  assert.deepEqual(world.broken, ['packs/io']);
});

test('a bug inside is 500 with a number too', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  world.store.freeBytes = () => Promise.reject(new Error('secret'));
  const answer = await put(world, token, pack(world, 'bug'));
  assert.equal(answer.status, 500);
  assert.ok(!(await answer.text()).includes('secret'));
});

test('a whole pack whose row failed needs no byte again', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const { addPack } = world.index;
  Object.assign(world.index, {
    addPack: async () => fail(fault('database/full', 'full', 'x', 'later')),
  });
  const bytes = pack(world, 'row');
  assert.equal((await put(world, token, bytes)).status, 507);
  Object.assign(world.index, { addPack });
  const empty = await piece(world, token, bytes, bytes.length, bytes.length);
  assert.equal(empty.status, 201);
});

test('a part that rests gives its place up when another pack needs it, the least wanted first', async () => {
  const world = await openRelayWorld();
  await limit(world, { openPacks: 2 });
  const token = await world.session(world.box);
  const stat = pack(world, 'stat', 0);
  const routine = pack(world, 'routine', 2);
  await piece(world, token, stat, 0, 1_000);
  world.clock.advance(1_000);
  await piece(world, token, routine, 0, 1_000);
  world.clock.advance(10 * 60_000 + 1);
  assert.equal((await piece(world, token, pack(world, 'next'), 0, 1_000)).status, 200);
  const offsets = (await statusOf(world, token, [stat, routine])).packs.map(({ offset }) => offset);
  assert.deepEqual(offsets, [1_000, 0]);
  const fourth = await piece(world, token, pack(world, 'fourth'), 0, 1_000);
  assert.equal(fourth.status, 200, 'the STAT part rests for longer by now');
  const fifth = await piece(world, token, pack(world, 'fifth'), 0, 1_000);
  assert.equal(fifth.status, 429, 'what is being sent keeps its place');
  assert.equal((await world.store.parts()).length, 2);
});

test('a part that is whole is never given up for another one', async () => {
  const world = await openRelayWorld();
  await limit(world, { openPacks: 1 });
  const token = await world.session(world.box);
  const whole = pack(world, 'whole');
  let finish = (): void => undefined;
  const { finishPart } = world.store;
  world.store.finishPart = async (key, sizeBytes) => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return finishPart(key, sizeBytes);
  };
  const kept = put(world, token, whole);
  while ((await statusOf(world, token, [whole])).packs[0]?.offset !== whole.length) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  world.clock.advance(9 * 60_000);
  world.clock.advance(9 * 60_000);
  assert.equal((await put(world, token, pack(world, 'other'))).status, 429);
  finish();
  assert.equal((await kept).status, 201);
});

test('a box that may open no pack opens none', async () => {
  const world = await openRelayWorld();
  await limit(world, { openPacks: 0 });
  const token = await world.session(world.box);
  assert.equal((await put(world, token, pack(world, 'none'))).status, 429);
});
