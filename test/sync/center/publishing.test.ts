import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPublishing } from '#sync/center/publishing.ts';
import { hex } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { openAccessList, signAccessList } from '#sync/seal/access-list.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { createCenterWorld, joinBox } from '../../support/center-world.ts';
import { shake } from '../seal/shake-random.ts';

async function publishedIn(world: ReturnType<typeof createCenterWorld>) {
  const bytes = await world.spool.agent.readPublic('access.json');
  return expectOk(openAccessList(bytes ?? new Uint8Array(), world.keys.keyList));
}

test('the agent gets its peer file, the key list and the access list', async () => {
  const world = createCenterWorld();
  await world.settle();
  const peer = expectOk(await world.spool.agent.readPeer());
  assert.equal(peer.handle, world.party().handle);
  assert.equal(peer.ownMailbox, hex(world.keys.keyList.mailbox));
  assert.deepEqual(
    peer.relays.map(({ id, urls }) => [id, urls]),
    world.keys.keyList.relays.map(({ id, urls }) => [id, urls]),
  );
  const keys = await world.spool.agent.readPublic('center.keys');
  assert.equal(new TextDecoder().decode(keys), world.keys.text);
  const access = await publishedIn(world);
  assert.equal(access.version, 1);
  assert.deepEqual(
    access.handles.map(({ handle, write }) => [handle, write]),
    [[world.party().handle, []]],
  );
});

test('a box writes into the mailbox of the center and reads its own, and nothing else', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await world.settle();
  const access = await publishedIn(world);
  const [center, own] = access.handles;
  assert.deepEqual(own?.write, [hex(world.keys.keyList.mailbox)]);
  assert.deepEqual(own?.read, [hex(box.mailbox)]);
  assert.equal(own?.state, 'active');
  assert.deepEqual(center?.write, [hex(box.mailbox)]);
  assert.deepEqual(center?.read, [hex(world.keys.keyList.mailbox)]);
});

test('the version rises with every change of a ticket and only then', async () => {
  const world = createCenterWorld();
  const box = joinBox(world, 'box 1', { state: 'claimed' });
  const center = await world.settle();
  const provisional = await publishedIn(world);
  assert.equal(provisional.handles[1]?.state, 'provisional');
  assert.equal(provisional.handles[1]?.bytesPerDay, 200 * 2 ** 20);
  assert.equal(provisional.tickets.length, 1);
  await world.settle(center);
  assert.equal((await publishedIn(world)).version, provisional.version);
  box.setState('active');
  await world.settle(center);
  const active = await publishedIn(world);
  assert.equal(active.version, provisional.version + 1);
  assert.equal(active.tickets[0]?.grant?.length, 64, 'its grant is found without a session');
  box.setState('revoked');
  await world.settle(center);
  const revoked = await publishedIn(world);
  assert.equal(revoked.version, provisional.version + 2);
  assert.equal(revoked.handles.length, 1);
  assert.equal(revoked.handles[0]?.write.length, 1, 'the grant that says so still gets there');
  assert.equal(revoked.tickets.length, 1);
});

test('the version goes on after a restart, and after the identity that signed it was replaced', async () => {
  const world = createCenterWorld();
  joinedQuietly(world);
  await world.settle();
  const { version } = await publishedIn(world);
  await world.settle(world.start());
  assert.equal((await publishedIn(world)).version, version);
  const before = await publishedIn(world);
  const oldKey = signingKeyOf(shake('an identity of last year', 32));
  await world.ports.writeAccessList(signAccessList({ ...before, version: 41 }, oldKey));
  await world.settle(world.start());
  assert.equal((await publishedIn(world)).version, 42);
});

test('an access list is verified once for the same bytes, keys and tickets', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  const publish = createPublishing(world.ports);
  let verified = 0;
  const party = () => ({
    ...world.party(),
    keyList: {
      ...world.keys.keyList,
      get identity() {
        verified++;
        return world.keys.keyList.identity;
      },
    },
  });
  for (let turn = 0; turn < 4; turn++) await publish(party(), []);
  assert.equal(verified, 1, 'the turn after it was signed');
  box.setState('revoked');
  for (let turn = 0; turn < 4; turn++) await publish(party(), []);
  assert.equal(verified, 3, 'once to tell that it changed, once the new one');
  assert.equal((await publishedIn(world)).version, 2);
});

function joinedQuietly(world: ReturnType<typeof createCenterWorld>): void {
  const { identity } = joinBox(world);
  assert.equal(identity.length, 64);
}
