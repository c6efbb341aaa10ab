import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex } from '#sync/core/bytes.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';
import { eventsOf, piece, put } from '#test/support/relay-requests.ts';
import { openRelayWorld, type RelayWorld, testParty } from '#test/support/relay-world.ts';

/** The center lists the box with other fields. */
async function list(world: RelayWorld, version: number, change: object): Promise<void> {
  const body = world.center.accessText(version, [world.box], (access) => ({
    ...access,
    handles: access.handles.map((entry) =>
      entry.handle === world.box.handle ? { ...entry, ...change } : entry,
    ),
  }));
  assert.equal((await world.fetch('access', { method: 'PUT', body })).status, 200);
}

const retire = (world: RelayWorld) => list(world, 2, { state: 'retired' });

test('a handle with a new transport key ends the sessions of the old key at once', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const renewed = { ...world.box, transport: testParty('renewed').transport };
  await list(world, 2, { transport: hex(renewed.transport.publicKey) });
  assert.equal((await world.as(token, 'keylist')).status, 401);
  await assert.rejects(world.session(world.box));
  assert.equal((await world.as(await world.session(renewed), 'keylist')).status, 200);
});

test('who waits at a mailbox when the center shuts him out hears nothing of it', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const waiting = world.as(token, `mailboxes/${world.box.mailbox}/events?wait=55`);
  await settled(world, 1);
  await retire(world);
  assert.equal((await waiting).status, 403);
});

test('an upload that is under way when its box is retired ends there, and its part is gone', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const pack = outsideOfPack(world.center.mailbox, 600_000, 'retired');
  let proceed = (): void => undefined;
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(pack.subarray(0, 300_000));
      await new Promise<void>((resolve) => {
        proceed = resolve;
      });
      controller.enqueue(pack.subarray(300_000));
      controller.close();
    },
  });
  const headers = { 'upload-length': String(pack.length) };
  const upload = world.as(token, `packs/${idOf(pack)}`, {
    ...{ method: 'PUT', headers, body, duplex: 'half' as const },
  });
  while ((await world.store.parts()).length === 0) await new Promise((go) => setImmediate(go));
  await retire(world);
  proceed();
  assert.equal((await upload).status, 409, 'the part is gone, and the next request has no session');
  assert.deepEqual(await world.store.parts(), []);
  assert.deepEqual(await world.store.packs(), []);
});

test('parts of a box that is retired leave the disk; packs in custody stay', async () => {
  const world = await openRelayWorld();
  const token = await world.session(world.box);
  const kept = outsideOfPack(world.center.mailbox, 5_000, 'kept');
  assert.equal((await put(world, token, kept)).status, 201);
  await piece(world, token, outsideOfPack(world.center.mailbox, 5_000, 'half'), 0, 2_000);
  await retire(world);
  assert.deepEqual(await world.store.parts(), []);
  const center = await world.session(world.center);
  const { packs } = await eventsOf(world, center, world.center.mailbox, '');
  assert.equal(packs.length, 1);
});

test('two holders of one transport key are noticed, and told once an hour', async () => {
  const world = await openRelayWorld();
  const original = await world.session(world.box);
  world.clock.advance(60_000);
  const clone = await world.session(world.box);
  const use = async (token: string): Promise<void> =>
    assert.equal((await world.as(token, 'keylist')).status, 200);
  world.clock.advance(60_000);
  await use(original);
  await use(clone);
  assert.deepEqual(told(world), [], 'what was on its way at a reconnect may still arrive');
  world.clock.advance(120_000);
  await use(clone);
  assert.deepEqual(told(world), []);
  await use(original);
  await use(original);
  assert.deepEqual(told(world), [{ handle8: world.box.handle.slice(0, 8) }]);
  assert.deepEqual(
    world.relay.sessions.doubled().map(({ handle }) => handle),
    [world.box.handle],
  );
  world.clock.advance(3_000_000);
  const fresh = await world.session(world.box);
  world.clock.advance(600_000);
  await use(fresh);
  assert.equal(told(world).length, 1);
});

test('an agent that connects anew again and again is one holder', async () => {
  const world = await openRelayWorld();
  for (let count = 0; count < 40; count++) {
    const token = await world.session(world.box);
    assert.equal((await world.as(token, 'keylist')).status, 200);
    world.clock.advance(200_000);
  }
  assert.deepEqual(told(world), []);
  assert.ok(world.relay.sessions.count() <= 16);
});

function told(world: RelayWorld): readonly unknown[] {
  return world.logged
    .filter(({ event }) => event === 'relay/two-holders')
    .map(({ fields }) => fields);
}

async function settled(world: RelayWorld, waiting: number): Promise<void> {
  while (world.clock.waiting() < waiting) await new Promise((go) => setImmediate(go));
}
