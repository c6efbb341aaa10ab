import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createHolding } from '#sync/center/holding.ts';
import { hex } from '#sync/core/bytes.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { buildControlToCenter } from '#sync/letters/control.ts';
import { buildGrant, buildReturn, openGrant } from '#sync/seal/pairing.ts';
import { partyIdOfBox } from '#sync/seal/party.ts';
import { receivingSecretOf } from '#sync/seal/receiving-key.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { createCenterWorld, dataOf, joinBox, manifestOf } from '#test/support/center-world.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';
import { createMemoryStudyStore } from '#test/support/study-store-memory.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';
import { seeded, shake } from '../seal/shake-random.ts';

const slices = syntheticStudy({ seed: 71, slices: 2, rows: 32 });
const dayMs = 86_400_000;

/** A box whose record the center lost. */
function forgotten() {
  const world = createCenterWorld();
  const box = joinBox(world, 'box 1');
  const record = world.tickets();
  world.setTickets([]);
  return { world, box, remember: () => world.setTickets(record) };
}

test('what a box that no record names sends is kept sealed and named, and taken once it is admitted', async () => {
  const { world, box, remember } = forgotten();
  await box.send('data', dataOf(slices));
  await box.send('manifest', manifestOf(slices));
  const center = await world.settle();
  const status = await center.status();
  assert.equal(status.counts.quarantinedPacks, 0);
  assert.deepEqual(
    status.unknownBoxes.map(({ identity, packs }) => ({ identity, packs })),
    [{ identity: box.identity, packs: 2 }],
  );
  assert.ok(status.alarms.some(({ code }) => code === 'UNKNOWN-BOX'));
  assert.equal(world.pacs.stored.size, 0);
  assert.equal((await world.ports.ledger.counts()).packs, 0, 'nothing of it is believed');
  remember();
  await world.settle(center);
  assert.equal(world.pacs.stored.size, slices.length);
  assert.deepEqual((await center.status()).unknownBoxes, []);
  assert.equal((await box.inbox())[0]?.letter.kind, 'receipt');
});

test('a box that is confirmed no more after it was unknown is not delivered, and one that was revoked is put aside', async () => {
  const { world, box, remember } = forgotten();
  await box.send('data', dataOf(slices));
  const center = await world.settle();
  remember();
  box.setState('claimed');
  await world.settle(center);
  const [held] = await world.ports.store.heldReasons();
  assert.equal(held?.why, 'unconfirmed');
  assert.equal(world.pacs.stored.size, 0);
  box.setState('revoked');
  await world.settle(center);
  assert.equal((await world.ports.store.quarantined(1)).newest[0]?.kind, 'center/refused');
  assert.deepEqual(await world.ports.store.held(), []);
});

test('of a box that is unknown only what proves its key is kept, and only kinds that a box may send', async () => {
  const { world, box } = forgotten();
  const good = box.seal('data', dataOf(slices));
  const forged = good.bytes.slice();
  forged[forged.length - 20] = (forged[forged.length - 20] ?? 0) ^ 1;
  await world.arrive(createHash('sha256').update(forged).digest('hex'), forged);
  await box.send('report', { meta: { v: 1 }, payload: new Uint8Array() });
  await box.send('control', { meta: { v: 1, register: 'nonsense' }, payload: new Uint8Array() });
  const center = await world.settle();
  const refused = (await world.ports.store.quarantined(9)).newest.map(({ kind }) => kind);
  assert.deepEqual(refused, ['center/refused', 'center/refused']);
  assert.deepEqual(
    (await world.ports.store.heldReasons()).map(({ why }) => why),
    ['unknown-box'],
    'what a letter says is judged once its box is known',
  );
  await box.send('control', buildControlToCenter({ ...streamStart }));
  await world.settle(center);
  assert.equal((await world.ports.store.held()).length, 2);
});

test('what is kept of unknown boxes is bounded: by box, in all and in days; the oldest give way, with a reason', async () => {
  const store = createMemoryStudyStore();
  const clock = createVirtualClock();
  const ports = { store, clock, log: silentLog };
  const atMost = { bytesOfOne: 20, bytes: 30, days: 45 } as never;
  const holding = createHolding(ports, atMost);
  const keep = (packId: string, signer: string, why: 'unknown-box' | 'no-key' = 'unknown-box') =>
    holding.keep(packId, new Uint8Array(9), { why, signer });
  await keep('no-key', 'aa', 'no-key');
  for (const packId of ['a1', 'a2', 'a3']) {
    await keep(packId, 'aa');
    clock.advance(1_000);
  }
  const held = async () => [...(await store.held())].sort();
  assert.deepEqual(await held(), ['a2', 'a3', 'no-key'], 'its own oldest');
  await keep('b1', 'bb');
  clock.advance(1_000);
  await keep('c1', 'cc');
  assert.deepEqual(await held(), ['a3', 'b1', 'c1', 'no-key'], 'the oldest of all');
  const restarted = createHolding(ports, atMost);
  await restarted.keep('d1', new Uint8Array(9), { why: 'unknown-box', signer: 'dd' });
  assert.deepEqual(await held(), ['b1', 'c1', 'd1', 'no-key']);
  clock.advance(44 * dayMs);
  await restarted.tidy();
  assert.equal((await held()).length, 4);
  clock.advance(2 * dayMs);
  await restarted.tidy();
  assert.deepEqual(await held(), ['no-key']);
  const { count, newest } = await store.quarantined(99);
  assert.equal(count, 6);
  assert.ok(newest.every(({ kind }) => kind === 'center/given-up'));
});

test('a box that shows its own grant in the mailbox is claimed, and what is kept of it is taken once a person lets it in', async () => {
  const { world, box } = forgotten();
  await box.send('data', dataOf(slices));
  await box.send('manifest', manifestOf(slices));
  const key = (name: string) => shake(`box 1/${name}`, 32);
  const identity = signingKeyOf(key('identity'));
  const receive = receivingSecretOf(key('receive'));
  const { keys } = world;
  const numbers = { nowMs: 0, stream: shake('a stream', 16), sequence: 1n };
  const sealed = buildGrant(
    {
      grant: {
        ...{ request: hex(key('request')), version: 3, state: 'active', site: 'CM-BAF-01' },
        ...{ handle: hex(shake('box 1/handle', 16)), boxMailbox: hex(box.mailbox), list: 3 },
        centerMailbox: hex(keys.keyList.mailbox),
      },
      ...{ identity: keys.identity, boxIdentity: identity.publicKey, boxReceive: receive },
      ...numbers,
    },
    seeded('its grant'),
  );
  const granted = openGrant(sealed.bytes, {
    ...{ secrets: [receive], partyId: partyIdOfBox(identity.publicKey) },
    ...{ identities: [keys.identity.publicKey], requestPackId: hex(key('request')) },
  });
  const { certificate = assert.fail() } = expectOk(granted);
  const transport = signingKeyOf(key('transport'));
  const back = (certified: Uint8Array, seed: string) =>
    buildReturn(
      {
        ...{ kind: 'enrol', ticket: hex(shake('box 1/ticket', 16)), keyList: keys.keyList },
        ...{ certificate: certified, identity, receive, transport, ...numbers },
        ...{ nonce: shake('nonce', 16), hw: 'Test machine', version: '0' },
      },
      seeded(seed),
    );
  const changed = certificate.slice();
  changed[40] = (changed[40] ?? 0) ^ 1;
  const bad = back(changed, 'bad');
  await world.arrive(bad.packId, bad.bytes);
  const center = await world.settle();
  assert.deepEqual(world.tickets(), []);
  assert.match((await world.ports.store.quarantined(1)).newest[0]?.reason ?? '', /check 8/);
  const good = back(certificate, 'good');
  await world.arrive(good.packId, good.bytes);
  await world.settle(center);
  const [ticket] = world.tickets();
  assert.equal(ticket?.state, 'claimed');
  assert.ok((await center.status()).alarms.some(({ code }) => code === 'RETURNED'));
  assert.equal(world.pacs.stored.size, 0, 'not before a person said so');
  expectOk((await world.ports.stepTicket(ticket.ticket, { type: 'readmit' })) ?? assert.fail());
  await world.settle(center);
  assert.equal(world.pacs.stored.size, slices.length);
  assert.equal(
    (await box.inbox()).find(({ letter }) => letter.kind === 'receipt')?.letter.kind,
    'receipt',
  );
});

const streamStart = {
  v: 1,
  register: 'stream-start',
  version: 1,
  previousStream: null,
  lastKnown: null,
} as const;
