import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectOk } from '#sync/core/result.ts';
import { buildReportReceipt } from '#sync/letters/receipt.ts';
import { reportDigest } from '#sync/letters/report.ts';
import { createCenterWorld, dataOf, joinBox, manifestOf } from '#test/support/center-world.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';
import { createMemoryStudyStore } from '#test/support/study-store-memory.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';

const slices = syntheticStudy({ seed: 31, slices: 2, rows: 32, accessionNumber: 'ACC-31' });
const text = new TextEncoder().encode('Impression: normal.\n');
const amendment = new TextEncoder().encode('Impression: a nodule.\n');

test('a second pack of a box under one uid is put aside, and the first one stands', async () => {
  const world = createCenterWorld();
  await joinBox(world).send('manifest', manifestOf(slices, 1, false), 1n);
  const center = await world.settle();
  // The same box with the same randomness over again, as after a snapshot of the whole machine.
  await joinBox(world).send('data', dataOf(slices), 2n);
  await world.settle(center);
  const { newest } = await world.ports.store.quarantined(5);
  assert.match(newest[0]?.reason ?? '', /check 11 \(replay\)/);
  assert.equal((await world.ports.ledger.counts()).packs, 1);
});

test('a box that lost its counter file begins a new stream: its numbers come again and are no clone', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('manifest', manifestOf(slices, 1, false), 1n);
  const lost = joinBox(world, 'box 1', { stream: 'a new one', seed: 'after the loss' });
  await lost.send('data', dataOf(slices), 1n);
  const center = await world.settle();
  assert.equal((await center.status()).counts.quarantinedPacks, 0);
  assert.equal(world.pacs.stored.size, slices.length);
  // In one stream the same number is one of a clone.
  await lost.send('manifest', manifestOf(slices, 2), 1n);
  await world.settle(center);
  assert.equal((await world.ports.store.quarantined(5)).newest[0]?.kind, 'center/clone');
});

test('the relay hears of a revocation before what the box had sent is put aside', async () => {
  const store = createMemoryStudyStore();
  const events: string[] = [];
  let accessList: string | undefined;
  const world = createCenterWorld({
    readAccessList: async () => accessList,
    writeAccessList: async (text) => {
      events.push('access list');
      accessList = text;
    },
    store: {
      ...store,
      quarantine: async (reason, bytes) => {
        events.push(reason.kind);
        await store.quarantine(reason, bytes);
      },
    },
  });
  const box = joinBox(world, 'box 1', { state: 'claimed' });
  await box.send('data', dataOf(slices));
  const center = await world.settle();
  events.length = 0;
  box.setState('revoked');
  await box.send('manifest', manifestOf(slices));
  await world.settle(center);
  assert.deepEqual(events, ['access list', 'center/refused', 'center/refused']);
  assert.equal(world.pacs.stored.size, 0);
});

test('a receipt for an old version of a report acknowledges nothing of the new one', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('data', dataOf(slices));
  await box.send('manifest', manifestOf(slices));
  const center = await world.settle();
  world.door.drop('ACC-31.txt', text);
  await world.settle(center);
  world.door.drop('ACC-31.txt', amendment, { status: 'amended' });
  await world.settle(center);
  const reports = (await box.inbox()).flatMap(({ packId, letter }) =>
    letter.kind === 'report' ? [{ packId, ...letter.report.meta }] : [],
  );
  assert.deepEqual(
    reports.map(({ version }) => version),
    [1, 2],
  );
  const [first, second] = reports;
  assert.ok(first && second);
  const openReports = async () => (await center.status()).counts.openReports;
  const acknowledge = async (version: number, digest: string, reportPack: string) => {
    const receipt = { report: first.report, version, digest, reportPack };
    await box.send('receipt', buildReportReceipt(receipt));
    await world.settle(center);
  };
  const before = await openReports();
  await acknowledge(1, reportDigest(text), first.packId);
  assert.equal(await openReports(), before - 1);
  await acknowledge(2, reportDigest(text), first.packId);
  assert.equal(await openReports(), before - 1, 'the number of the new one over the old text');
  await acknowledge(2, reportDigest(amendment), second.packId);
  assert.equal(await openReports(), before - 2);
});

test('a relay or an agent that lies about a good pack never causes a re-seal', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  await box.send('data', dataOf(slices));
  await box.send('manifest', manifestOf(slices));
  const center = await world.settle();
  const sent = await world.spool.clinical.sentPacks();
  const [packId] = sent;
  assert.ok(packId);
  const say = async (kind: string) => {
    const fault = {
      kind,
      packId,
      message: 'In this test',
      next: 'Wait',
      at: '2026-01-15T12:00:00Z',
    };
    const state = { format: 1, link: 'up', rateBytesPerS: 1, lastContactAt: null } as const;
    expectOk(await world.spool.agent.writeState({ ...state, offsets: {}, faults: [fault] }));
    await world.settle(center);
  };
  for (const kind of ['agent/good-pack-refused', 'agent/damaged-pack', 'agent/wrong-hash']) {
    await say(kind);
    assert.deepEqual(await world.spool.clinical.sentPacks(), sent, kind);
  }
  const bytes = (await world.spool.clinical.readSent(packId)) ?? new Uint8Array();
  expectOk(await world.spool.clinical.putPack(packId, bytes.slice(1)));
  await say('agent/damaged-pack');
  const after = await world.spool.clinical.sentPacks();
  assert.equal(after.length, 1);
  assert.notDeepEqual(after, sent, 'one that did rot is sealed again');
});

for (const year of [1970, 2099]) {
  test(`a center whose clock says ${year} takes, delivers and answers as ever`, async () => {
    const world = createCenterWorld({ clock: createVirtualClock(Date.UTC(year, 0, 1)) });
    const box = joinBox(world);
    await box.send('data', dataOf(slices));
    await box.send('manifest', manifestOf(slices));
    await world.settle();
    assert.equal(world.pacs.stored.size, slices.length);
    assert.deepEqual(
      (await box.inbox()).map(({ letter }) => letter.kind),
      ['receipt'],
    );
  });
}
