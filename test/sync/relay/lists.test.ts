import assert from 'node:assert/strict';
import { test } from 'node:test';
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
