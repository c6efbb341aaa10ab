import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fault } from '#sync/core/fault.ts';
import { fail, ok } from '#sync/core/result.ts';
import { buildControlToCenter } from '#sync/letters/control.ts';
import { buildReportReceipt } from '#sync/letters/receipt.ts';
import { receivingSecretOf } from '#sync/seal/receiving-key.ts';
import {
  type CenterWorld,
  createCenterWorld,
  dataOf,
  joinBox,
  manifestOf,
  studyUidOf,
} from '../../support/center-world.ts';
import { createMemoryLedger } from '../../support/ledger-memory.ts';
import { syntheticStudy } from '../../support/synthetic-ct.ts';
import { shake } from '../seal/shake-random.ts';

const slices = syntheticStudy({ seed: 21, slices: 3, rows: 32 });
const study = studyUidOf(slices);

async function taken(world: CenterWorld) {
  const { arrivedPacks } = world.spool.clinical;
  assert.deepEqual(await arrivedPacks(), [], 'every arrived pack is marked taken');
  return world.ports.store.quarantined(10);
}

test('packs of a box that is not confirmed are held sealed, and delivered once it is', async () => {
  const world = createCenterWorld();
  const box = joinBox(world, 'box 1', { state: 'claimed' });
  await box.send('data', dataOf(slices));
  const center = await world.settle();
  assert.equal((await taken(world)).count, 0);
  assert.equal((await center.status()).counts.heldPacks, 1);
  assert.equal(world.pacs.stored.size, 0);
  box.setState('active');
  await world.settle(center);
  assert.equal((await center.status()).counts.heldPacks, 0);
  assert.equal(world.pacs.stored.size, 3);
});

test('held packs of a box that was revoked go to quarantine', async () => {
  const world = createCenterWorld();
  const box = joinBox(world, 'box 1', { state: 'claimed' });
  await box.send('data', dataOf(slices));
  const center = await world.settle();
  box.setState('revoked');
  await world.settle(center);
  assert.equal((await taken(world)).newest[0]?.kind, 'center/refused');
  assert.equal(world.pacs.stored.size, 0);
});

test('with a wrong key at the center nothing is opened or lost: it is taken when the key is back', async () => {
  let secrets = [receivingSecretOf(shake('a wrong key', 32))];
  const world = createCenterWorld({
    readParty: async () => ok({ ...world.party(), secrets }),
  });
  const right = world.party().secrets;
  const box = joinBox(world);
  await box.send('data', dataOf(slices));
  const center = await world.settle();
  const status = await center.status();
  assert.equal(status.counts.heldPacks, 1);
  assert.equal(status.counts.studies, 0);
  assert.ok(status.alarms.some(({ code }) => code === 'HELD'));
  secrets = [...right];
  await world.settle(center);
  assert.equal((await center.status()).counts.heldPacks, 0);
  assert.equal((await center.status()).counts.studies, 1);
});

test('a box may not claim the study of another site', async () => {
  const world = createCenterWorld();
  const first = joinBox(world, 'box 1');
  const second = joinBox(world, 'box 2', { site: 'CM-BAF-02' });
  await first.send('manifest', manifestOf(slices, 1, false));
  await world.settle();
  await second.send('manifest', manifestOf(slices, 2, true));
  await world.settle();
  assert.equal((await taken(world)).newest[0]?.kind, 'center/foreign-study');
  assert.equal((await world.ports.ledger.findStudy(study))?.box, first.identity);
});

test('a replaced box of the same site takes its studies over', async () => {
  const world = createCenterWorld();
  const old = joinBox(world, 'box 1');
  await old.send('data', dataOf(slices));
  await world.settle();
  old.setState('retired');
  const fresh = joinBox(world, 'box 2');
  await fresh.send('manifest', manifestOf(slices, 1));
  await world.settle();
  const [receipt] = await fresh.inbox();
  assert.equal(receipt?.letter.kind, 'receipt');
});

test('what a replaced box had under way waits for a person, and its study is answered to the new one', async () => {
  const world = createCenterWorld();
  const old = joinBox(world, 'box 1');
  await old.send('data', dataOf(slices));
  await world.settle();
  old.setState('retired');
  const fresh = joinBox(world, 'box 2', { kind: 'replace' });
  await old.send('manifest', manifestOf(slices, 1));
  const center = await world.settle();
  assert.equal((await center.status()).counts.heldPacks, 1, 'nothing of it is believed');
  assert.deepEqual(await fresh.inbox(), []);
  await old.send('control', buildControlToCenter({ ...streamStart }));
  await world.settle(center);
  assert.equal((await taken(world)).newest[0]?.kind, 'center/refused', 'images alone may wait');
  const ticket = world.tickets().find(({ state }) => state === 'retired');
  await world.ports.stepTicket(ticket?.ticket ?? '', { type: 'release' });
  await world.settle(center);
  const [receipt] = await fresh.inbox();
  assert.equal(receipt?.letter.kind, 'receipt');
  assert.deepEqual(await old.inbox(), []);
});

const streamStart = {
  v: 1,
  register: 'stream-start',
  version: 1,
  previousStream: null,
  lastKnown: null,
} as const;

test('two packs of one number are a clone: the second is put aside', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('data', dataOf(slices), 5n);
  await box.send('manifest', manifestOf(slices), 5n);
  await world.settle();
  assert.equal((await taken(world)).newest[0]?.kind, 'center/clone');
});

test('a control is taken and noted; a kind that may not come from a box is refused', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send(
    'control',
    buildControlToCenter({
      v: 1,
      register: 'stream-start',
      version: 1,
      previousStream: null,
      lastKnown: null,
    }),
  );
  await box.send('report', { meta: { v: 1 }, payload: new Uint8Array() });
  await world.settle();
  const { count, newest } = await taken(world);
  assert.equal(count, 1);
  assert.match(newest[0]?.reason ?? '', /check 8/);
  assert.equal((await world.ports.ledger.counts()).packs, 1);
});

test('a receipt for a report that was never sent goes to quarantine', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  const digest = '00'.repeat(32);
  await box.send(
    'receipt',
    buildReportReceipt({ report: 'ab'.repeat(16), version: 1, digest, reportPack: digest }),
  );
  await world.settle();
  assert.equal((await taken(world)).newest[0]?.kind, 'center/unknown-report');
});

test('while the keys cannot be read nothing is taken, and the status says so', async () => {
  const world = createCenterWorld({
    readParty: async () => fail(fault('keys/missing', 'Cannot read a key', 'Run setup')),
  });
  const box = joinBox(world);
  await box.send('data', dataOf(slices));
  const center = await world.settle();
  assert.equal((await world.spool.clinical.arrivedPacks()).length, 1);
  assert.equal((await center.status()).alarms[0]?.code, 'KEYS');
});

test('a study that its box sent to another center is not handed out, over a rebuild too', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  const other = joinBox(world, 'box 2', { site: 'CM-GAR-02' });
  const word = (version: number, isYours: boolean) =>
    buildControlToCenter({ v: 1, register: 'addressee', version, study, isYours });
  await other.send('control', word(7, false));
  await box.send('control', word(1, false));
  await box.send('data', dataOf(slices));
  await box.send('manifest', manifestOf(slices));
  const center = await world.settle();
  assert.equal(world.pacs.stored.size, 0);
  assert.deepEqual(await box.inbox(), [], 'no receipt, which the box would have to refuse');
  const [line] = (await center.studies(5)).studies;
  assert.equal(line?.isWithdrawn, true);
  assert.equal((await center.status()).counts.withdrawn, 1);
  const rebuilt = createCenterWorld({ ...world.ports, ledger: createMemoryLedger() });
  rebuilt.setTickets(world.tickets());
  const again = rebuilt.start();
  await again.recover();
  assert.equal((await again.studies(5)).studies[0]?.isWithdrawn, true);
  await box.send('control', word(2, true));
  await rebuilt.settle(again);
  assert.equal(world.pacs.stored.size, 3);
  assert.equal((await again.studies(5)).studies[0]?.receipts.length, 1);
});
