import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hex } from '#sync/core/bytes.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { outsideOfPack, seededBytes } from '#test/support/pack-bytes.ts';
import { openRelayWorld, type RelayWorld } from '#test/support/relay-world.ts';

const ticket = hex(seededBytes('ticket', 16));
const hourMs = 3_600_000;

/** A relay whose center has made a card; `list` names the grant, or takes the ticket off. */
async function openWorld() {
  const world = await openRelayWorld();
  let version = 1;
  const list = async (
    tickets: readonly { id: string; until: string; grant?: string }[],
  ): Promise<void> => {
    version += 1;
    const body = world.center.accessText(version, [world.box], (access) => ({
      ...access,
      tickets: [...tickets],
    }));
    assert.equal((await world.fetch('access', { method: 'PUT', body })).status, 200);
  };
  await list([{ id: ticket, until: '2027-01-31' }]);
  return { ...world, list };
}

const request = (world: RelayWorld, seed: string, sizeBytes = 4_000) =>
  outsideOfPack(world.center.mailbox, sizeBytes - 1_308, seed);

const post = (world: RelayWorld, bytes: Uint8Array, to = ticket): Promise<Response> =>
  world.fetch(`enrol/${to}`, { method: 'POST', body: Uint8Array.from(bytes) });

test('a request that comes without a session lies in the mailbox of the center, once', async () => {
  const world = await openWorld();
  const bytes = request(world, 'm1');
  for (let again = 0; again < 3; again++) {
    const kept = await post(world, bytes);
    assert.equal(kept.status, 201);
    assert.deepEqual(await kept.json(), { packId: hex(sha256(bytes)) });
  }
  const token = await world.session(world.center);
  const events = await world.as(token, `mailboxes/${world.center.mailbox}/events`);
  const { packs } = (await events.json()) as { packs: { packId: string }[] };
  assert.deepEqual(
    packs.map(({ packId }) => packId),
    [hex(sha256(bytes))],
  );
});

test('the grant is served once the list names it and it is here, and not a second time', async () => {
  const world = await openWorld();
  const url = `enrol/${ticket}`;
  assert.equal((await world.fetch(url)).status, 204);
  const grant = outsideOfPack(world.box.mailbox, 2_692, 'm2');
  const id = hex(sha256(grant));
  await world.list([{ id: ticket, until: '2027-01-31', grant: id }]);
  assert.equal((await world.fetch(url)).status, 204, 'named and not here yet');
  const token = await world.session(world.center);
  const put = await world.as(token, `packs/${id}`, {
    method: 'PUT',
    headers: { 'upload-length': String(grant.length) },
    body: Uint8Array.from(grant),
  });
  assert.equal(put.status, 201);
  const served = await world.fetch(url);
  assert.equal(served.status, 200);
  assert.deepEqual(new Uint8Array(await served.arrayBuffer()), grant);
  assert.equal((await world.fetch(`${url}?after=${id}`)).status, 204);
});

test('a box that waits is answered within the second in which the grant comes', async () => {
  const world = await openWorld();
  const waiting = world.fetch(`enrol/${ticket}?wait=55`);
  await world.clock.advance(5_000);
  const grant = outsideOfPack(world.box.mailbox, 2_692, 'm2');
  const id = hex(sha256(grant));
  const token = await world.session(world.center);
  await world.as(token, `packs/${id}`, {
    method: 'PUT',
    headers: { 'upload-length': String(grant.length) },
    body: Uint8Array.from(grant),
  });
  await world.list([{ id: ticket, until: '2027-01-31', grant: id }]);
  await world.clock.advance(1_000);
  assert.equal((await waiting).status, 200);
  const idle = world.fetch(`enrol/${ticket}?after=${id}&wait=3`);
  await world.clock.advance(3_000);
  assert.equal((await idle).status, 204);
});

test('a ticket that no center lists is unknown to both routes, as any other text', async () => {
  const world = await openWorld();
  const bytes = request(world, 'm1');
  await world.list([]);
  for (const id of [ticket, hex(seededBytes('other', 16)), 'nonsense']) {
    assert.equal((await post(world, bytes, id)).status, 404, id);
    assert.equal((await world.fetch(`enrol/${id}`)).status, 404, id);
  }
});

test('no clock of the relay ends a ticket: it is good while the center lists it', async () => {
  const world = await openWorld();
  await world.list([{ id: ticket, until: '1970-01-02' }]);
  assert.equal((await post(world, request(world, 'm1'))).status, 201);
});

test('a stranger with a ticket brings small packs to the center and nothing else', async () => {
  const world = await openWorld();
  const refused: readonly (readonly [Uint8Array, number])[] = [
    [outsideOfPack(world.box.mailbox, 2_692, 'into the mailbox of a box'), 403],
    [seededBytes('no pack at all', 4_000), 400],
    [new Uint8Array(0), 400],
    [request(world, 'too long', 64 * 1024 + 1), 413],
    [request(world, 'm1').slice(0, -1), 400],
  ];
  for (const [bytes, status] of refused) assert.equal((await post(world, bytes)).status, status);
  const challenge = await world.fetch('session', {
    method: 'POST',
    body: JSON.stringify({ handle: ticket, challenge: 'AAAA', signature: 'AAAA' }),
  });
  assert.equal(challenge.status, 403, 'a ticket is no handle');
});

test('four requests a ticket and twenty tries an hour; a stored one may come again', async () => {
  const world = await openWorld();
  const first = request(world, 'm1-0');
  for (let at = 0; at < 4; at++) {
    assert.equal((await post(world, request(world, `m1-${at}`))).status, 201);
  }
  const fifth = await post(world, request(world, 'm1-5'));
  assert.equal(fifth.status, 429);
  assert.ok(Number(fifth.headers.get('retry-after')) >= 60);
  assert.equal((await post(world, first)).status, 201);

  const other = hex(seededBytes('other ticket', 16));
  await world.list([{ id: other, until: '2027-01-31' }]);
  for (let at = 0; at < 20; at++) {
    assert.equal((await post(world, seededBytes(`noise ${at}`, 4_000), other)).status, 400);
  }
  assert.equal((await post(world, request(world, 'm1'), other)).status, 429);
  await world.clock.advance(hourMs);
  assert.equal((await post(world, request(world, 'm1'), other)).status, 201);
});
