import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fault } from '#sync/core/fault.ts';
import { fail } from '#sync/core/result.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { seededBytes } from '#test/support/pack-bytes.ts';
import { eventsOf } from '#test/support/relay-requests.ts';
import { openRelayWorld, testCenter, testParty } from '#test/support/relay-world.ts';

test('a key list goes up and never down; another one under the same number is refused', async () => {
  const world = await openRelayWorld();
  const push = async (body: string) =>
    (await world.fetch('keylist', { method: 'PUT', body })).status;
  assert.equal(await push(world.center.keyListText(3)), 200);
  assert.equal(await push(world.center.keyListText(3)), 200, 'a repeat is fine');
  assert.equal(await push(world.center.keyListText(2)), 409);
  assert.equal(await push(world.center.keyListText(3, { phone: '111' })), 409);
  const kept = await world.as(await world.session(world.box), 'keylist');
  assert.equal(await kept.text(), world.center.keyListText(3));
});

test('lists of unknown centers, damaged lists and lists by a wrong key are refused', async () => {
  const world = await openRelayWorld();
  const stranger = testCenter('stranger');
  const damaged = world.center.keyListText(5).replace('DEMO', 'DAMO');
  for (const body of [stranger.keyListText(9), damaged, '', '{}', 'x'.repeat(3_000_000)]) {
    const answer = await world.fetch('keylist', { method: 'PUT', body });
    assert.ok([403, 413].includes(answer.status), String(answer.status));
  }
  const byStranger = stranger.accessText(10, [testParty('thief')]);
  assert.equal((await world.fetch('access', { method: 'PUT', body: byStranger })).status, 403);
});

test('an access list goes up and never down, and a revoked identity signs none', async () => {
  const world = await openRelayWorld();
  const { center, box } = world;
  const push = async (body: string) =>
    (await world.fetch('access', { method: 'PUT', body })).status;
  assert.equal(await push(center.accessText(5, [box])), 200);
  assert.equal(await push(center.accessText(5, [box])), 200);
  assert.equal(await push(center.accessText(4, [box])), 409);
  assert.equal(await push(center.accessText(5, [])), 409);
  const next = signingKeyOf(seededBytes('next identity', 32));
  const keys = center.keyListText(2, {
    identity: [
      { key: center.identity.publicKey, state: 'revoked' },
      { key: next.publicKey, state: 'current' },
    ],
  });
  assert.equal((await world.fetch('keylist', { method: 'PUT', body: keys })).status, 200);
  assert.equal(await push(center.accessText(6, [])), 403);
});

test('lists survive a restart of the relay', async () => {
  const world = await openRelayWorld();
  const { store, index } = world;
  await world.fetch('keylist', { method: 'PUT', body: world.center.keyListText(7) });
  const again = await openRelayWorld({ store, index });
  const token = await again.session(again.box);
  assert.equal((await eventsOf(again, token, again.box.mailbox, '')).keyList, 7);
  const older = await again.fetch('keylist', { method: 'PUT', body: world.center.keyListText(6) });
  assert.equal(older.status, 409);
});

test('a right to read the mailbox of another owner is none', async () => {
  const world = await openRelayWorld();
  const body = world.center.accessText(2, [world.box], (list) => ({
    ...list,
    handles: list.handles.map((entry) => ({
      ...entry,
      read: [world.box.mailbox, world.center.mailbox],
    })),
  }));
  await world.fetch('access', { method: 'PUT', body });
  const token = await world.session(world.box);
  assert.equal((await world.as(token, `mailboxes/${world.center.mailbox}/events`)).status, 404);
  assert.equal((await world.as(token, `mailboxes/${world.box.mailbox}/events`)).status, 200);
});

test('a stolen identity key, once revoked, leaves neither its list nor its high number behind', async () => {
  const world = await openRelayWorld();
  const { center, box } = world;
  const thief = testParty('thief');
  const push = async (name: string, body: string) =>
    (await world.fetch(name, { method: 'PUT', body })).status;
  assert.equal(await push('access', center.accessText(2 ** 50, [box, thief])), 200);
  const stolen = await world.session(thief);
  const next = signingKeyOf(seededBytes('next identity', 32));
  const keys = center.keyListText(2, {
    identity: [
      { key: center.identity.publicKey, state: 'revoked' },
      { key: next.publicKey, state: 'current' },
    ],
  });
  assert.equal(await push('keylist', keys), 200);
  assert.equal((await world.as(stolen, 'keylist')).status, 401);
  await assert.rejects(world.session(thief));
  const renewed = testCenter('center one', { identity: next });
  assert.equal(await push('access', renewed.accessText(3, [box])), 200);
  assert.equal((await world.as(await world.session(box), 'keylist')).status, 200);
  await assert.rejects(world.session(thief));
  const { store, index } = world;
  const again = await openRelayWorld({ store, index });
  assert.ok(await again.session(box));
  await assert.rejects(again.session(thief));
});

test('an identity key that was only replaced leaves its list in force, over a restart too', async () => {
  const world = await openRelayWorld();
  const { center, box, store, index } = world;
  const next = signingKeyOf(seededBytes('next identity', 32));
  const body = center.keyListText(2, {
    identity: [
      { key: center.identity.publicKey, state: 'old' },
      { key: next.publicKey, state: 'current' },
    ],
  });
  assert.equal((await world.fetch('keylist', { method: 'PUT', body })).status, 200);
  assert.ok(await world.session(box));
  const again = await openRelayWorld({ store, index });
  assert.ok(await again.session(box));
  const late = await again.fetch('access', {
    method: 'PUT',
    body: center.accessText(9, [box]),
  });
  assert.equal(late.status, 403, 'but it signs no new one');
});

test('the root of a center is handed over, and a restarted relay follows from its pin', async () => {
  const world = await openRelayWorld();
  const { center, box } = world;
  const push = async (name: string, body: string) =>
    (await world.fetch(name, { method: 'PUT', body })).status;
  const second = signingKeyOf(seededBytes('second root', 32));
  const third = signingKeyOf(seededBytes('third root', 32));
  assert.equal(await push('keylist', center.keyListText(2, { nextRoot: second.publicKey })), 200);
  const bySecond = testCenter('center one', { root: second });
  assert.equal(await push('keylist', bySecond.keyListText(3, { nextRoot: third.publicKey })), 200);
  assert.equal(await push('keylist', center.keyListText(4)), 403, 'the old root signs no more');
  const byThird = testCenter('center one', { root: third });
  assert.equal(await push('keylist', byThird.keyListText(4)), 200);
  assert.ok(await world.session(box), 'who is listed stays listed');
  const { store, index } = world;
  const again = await openRelayWorld({ store, index });
  const token = await again.session(box);
  assert.equal((await eventsOf(again, token, box.mailbox, '')).keyList, 4);
  const older = await again.fetch('keylist', { method: 'PUT', body: bySecond.keyListText(9) });
  assert.equal(older.status, 403);
});

test('a list that could not be written is in force, and its repeat writes it', async () => {
  const world = await openRelayWorld();
  const { center, box, store, index } = world;
  const { writeDocument } = store;
  store.writeDocument = async () => fail(fault('packs/full', 'full', 'x', 'later'));
  const body = center.accessText(2, []);
  assert.equal((await world.fetch('access', { method: 'PUT', body })).status, 507);
  await assert.rejects(world.session(box));
  store.writeDocument = writeDocument;
  assert.equal((await world.fetch('access', { method: 'PUT', body })).status, 200);
  const again = await openRelayWorld({ store, index });
  await assert.rejects(again.session(box), 'a restart does not bring the box back');
});

test('lists that are pushed at once end as the highest, on the disk too', async () => {
  const world = await openRelayWorld();
  const { center, box, store, index } = world;
  const { writeDocument } = store;
  let writes = 0;
  store.writeDocument = async (name, document, text) => {
    writes++;
    // The first write is the slowest.
    for (let turn = 40 - 10 * writes; turn > 0; turn--) await new Promise((go) => setImmediate(go));
    return writeDocument(name, document, text);
  };
  const texts = [
    center.accessText(2, [box]),
    center.accessText(3, [box]),
    center.accessText(4, []),
  ];
  await Promise.all(texts.map((body) => world.fetch('access', { method: 'PUT', body })));
  const again = await openRelayWorld({ store, index });
  await assert.rejects(again.session(box));
});
