import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { hex } from '#sync/core/bytes.ts';
import { fault } from '#sync/core/fault.ts';
import { fail } from '#sync/core/result.ts';
import { idOf, outsideOfPack, seededBytes } from '#test/support/pack-bytes.ts';
import { eventsOf, piece, put, statusOf } from '#test/support/relay-requests.ts';
import { openRelayWorld, testParty } from '#test/support/relay-world.ts';

const ticket = hex(seededBytes('ticket', 16));

/** Every spelling in which bytes could have reached a log. */
function spellings(secret: Uint8Array | string): readonly string[] {
  if (typeof secret === 'string') return [secret];
  const bytes = Buffer.from(secret);
  return [
    bytes.toString('hex'),
    bytes.toString('base64url'),
    bytes.toString('base64').slice(0, 20),
  ];
}

test('a relay that takes, gives, refuses and breaks logs no token, key, proof, ticket or byte of a pack', async () => {
  const world = await openRelayWorld();
  const { center, box } = world;
  const access = center.accessText(2, [box], (list) => ({
    ...list,
    tickets: [{ id: ticket, until: '2026-12-31' }],
  }));
  await world.fetch('access', { method: 'PUT', body: access });
  const boxToken = await world.session(box);
  const centerToken = await world.session(center);
  const pack = outsideOfPack(center.mailbox, 6_000, 'secret');
  await put(world, boxToken, pack);
  await piece(world, boxToken, outsideOfPack(center.mailbox, 6_000, 'part'), 0, 3_000);
  await eventsOf(world, centerToken, center.mailbox, '');
  await (await world.as(centerToken, `packs/${idOf(pack)}`)).arrayBuffer();
  await statusOf(world, boxToken, [pack]);

  await assert.rejects(world.session(testParty('stranger')));
  await world.as(`${boxToken}x`, 'keylist');
  await world.as(boxToken, `packs/${'0'.repeat(64)}`);
  await world.fetch('access', { method: 'PUT', body: `${access} x` });
  await world.fetch('access', { method: 'PUT', body: center.accessText(2, []) });
  await world.fetch(`enrol/${ticket}`, { method: 'POST', body: 'no pack' });
  await world.fetch(`enrol/${ticket}`);
  world.clock.advance(1_000);
  const clone = await world.session(box);
  world.clock.advance(200_000);
  await world.as(boxToken, 'keylist');
  const { finishPart } = world.store;
  world.store.finishPart = async () => fail(fault('packs/io', 'Cannot keep it: EIO', 'x', 'later'));
  await put(world, boxToken, outsideOfPack(center.mailbox, 6_000, 'broken'));
  world.store.finishPart = () => Promise.reject(new Error('a bug'));
  await put(world, boxToken, outsideOfPack(center.mailbox, 6_000, 'bug'));
  world.store.finishPart = finishPart;

  const log = JSON.stringify(world.logged);
  for (const event of [
    'relay/list-accepted',
    'relay/other-list',
    'relay/two-holders',
    'relay/fault',
  ]) {
    assert.ok(log.includes(event), `${event} was to be provoked`);
  }
  const secrets: Readonly<Record<string, Uint8Array | string>> = {
    'token of the box': boxToken,
    'token of the center': centerToken,
    'token of the clone': clone,
    'key of the box': box.transport.publicKey,
    'key of the center': center.transport.publicKey,
    'root of the center': center.root.publicKey,
    handle: box.handle,
    'mailbox of the center': center.mailbox,
    'mailbox of the box': box.mailbox,
    ticket,
    'pack id': idOf(pack),
    'bytes of a pack': pack.subarray(2_000, 2_040),
  };
  for (const [name, secret] of Object.entries(secrets)) {
    for (const text of spellings(secret)) assert.ok(!log.includes(text), `${name} is in the log`);
  }
});
