import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { piece, put, statusOf } from '#test/support/relay-requests.ts';
import { openRelayWorld, type RelayWorld } from '#test/support/relay-world.ts';

const pack = (world: RelayWorld, seed: string) =>
  outsideOfPack(world.center.mailbox, 3_000, `race ${seed}`);

/** Notes when the store begins and ends work on parts, and holds `method` up until `release`. */
function watch(world: RelayWorld, method: 'writePart' | 'finishPart') {
  const steps: string[] = [];
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const { store } = world;
  const { writePart, finishPart, dropPart } = store;
  const hold = async (name: string): Promise<void> => {
    steps.push(`${name} begins`);
    begun.resolve();
    if (name === method) await gate.promise;
    steps.push(`${name} ends`);
  };
  store.writePart = async (...args) => hold('writePart').then(() => writePart(...args));
  store.finishPart = async (...args) => hold('finishPart').then(() => finishPart(...args));
  store.dropPart = async (key) => {
    steps.push('dropPart');
    await dropPart(key);
  };
  return { steps, begun: begun.promise, release: () => gate.resolve() };
}

async function turnsOfTheLoop(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('a piece that tells another length does not take away the file of a pack that is being kept', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const bytes = pack(world, 'kept');
  const { steps, begun, release } = watch(world, 'finishPart');
  const kept = put(world, token, bytes);
  while (!steps.includes('finishPart begins')) await begun.then(turnsOfTheLoop);
  const longer = world.as(token, `packs/${idOf(bytes)}`, {
    method: 'PUT',
    headers: { 'upload-length': String(bytes.length + 1) },
    body: new Uint8Array(10),
  });
  await turnsOfTheLoop();
  assert.ok(!steps.includes('dropPart'), steps.join());
  release();
  assert.equal((await kept).status, 201);
  assert.equal((await longer).status, 201, 'the id says which pack it is');
});

test('a right that is withdrawn takes no file away under a write or a pack that is being kept', async () => {
  for (const method of ['writePart', 'finishPart'] as const) {
    const world = await openRelayWorld();
    const token = await world.session(world.box);
    const { steps, begun, release } = watch(world, method);
    const sent = put(world, token, pack(world, method));
    await begun;
    while (!steps.includes(`${method} begins`)) await turnsOfTheLoop();
    const body = world.center.accessText(2, []);
    const listed = world.fetch('access', { method: 'PUT', body });
    await turnsOfTheLoop();
    assert.ok(!steps.includes('dropPart'), steps.join());
    release();
    assert.equal((await listed).status, 200);
    assert.ok([200, 201, 403].includes((await sent).status));
    assert.deepEqual(await world.store.parts(), [], 'nothing of it stays');
    assert.deepEqual(world.broken, []);
  }
});

test('beginnings that come at once do not get round the number of unfinished packs', async () => {
  const world = await openRelayWorld();
  const body = world.center.accessText(2, [world.box], (list) => ({
    ...list,
    handles: list.handles.map((entry) => ({ ...entry, openPacks: 2 })),
  }));
  assert.equal((await world.fetch('access', { method: 'PUT', body })).status, 200);
  const token = await world.session(world.box);
  for (const seed of ['one', 'two']) await piece(world, token, pack(world, seed), 0, 1_000);
  world.clock.advance(11 * 60_000);
  const begun = ['three', 'four', 'five', 'six'].map((seed) =>
    piece(world, token, pack(world, seed), 0, 1_000),
  );
  await Promise.all(begun);
  assert.ok((await world.store.parts()).length <= 2);
});

test('what is no pack, or not for that mailbox, costs no disk', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const { steps } = watch(world, 'finishPart');
  const foreign = outsideOfPack('0'.repeat(32), 3_000, 'foreign');
  assert.equal((await put(world, token, foreign)).status, 403);
  const noPack = new Uint8Array(3_000);
  assert.equal((await put(world, token, noPack)).status, 400);
  assert.ok(!steps.includes('writePart begins'), steps.join());
  const inTwo = outsideOfPack('0'.repeat(32), 3_000, 'in two');
  assert.equal((await piece(world, token, inTwo, 0, 60)).status, 200);
  assert.equal((await piece(world, token, inTwo, 60, 3_000)).status, 403);
  assert.deepEqual((await statusOf(world, token, [inTwo])).packs[0]?.offset, 0);
  assert.deepEqual(await world.store.parts(), []);
});
