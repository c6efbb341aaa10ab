import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIncoming } from '#appliance/intake/incoming.ts';
import { reportsOf } from '#appliance/intake/shown-reports.ts';
import type { Pairing } from '#appliance/ports-pairing.ts';
import { fault } from '#sync/core/fault.ts';
import { fail } from '#sync/core/result.ts';
import type { KeyList } from '#sync/seal/key-list.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { openBoxWorld } from '#test/support/box-world.ts';
import { withdraw } from '#test/support/housekeeping.ts';
import { receiptFor, reportFor, seal, slices, stateOf } from '#test/support/road.ts';

test('a receipt of the center for every digest makes the study delivered', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(3);
  const list = await seal(world, study);
  await world.giveCustody();
  await world.countCustody();
  assert.equal(await stateOf(world), 'at center');
  assert.deepEqual(await world.spool.clinical.sentPacks(), []);
  await world.bring('receipt', receiptFor(study, list.packId));
  assert.equal(await world.takeIn(), 1);
  assert.equal(await stateOf(world), 'delivered');
});

test('what a stick delivered does not cross the link again', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(3);
  const list = await seal(world, study);
  const packs = (await world.lettersAtCenter()).map(({ packId, letter }) => [letter.kind, packId]);
  await withdraw(world);
  assert.equal((await world.spool.clinical.sentPacks()).length, packs.length, 'not before');
  await world.bring('receipt', receiptFor(study.slice(1), list.packId));
  await world.takeIn();
  await withdraw(world);
  assert.equal((await world.spool.clinical.sentPacks()).length, packs.length, 'not for a part');
  await world.bring('receipt', receiptFor(study, list.packId));
  await world.takeIn();
  assert.ok((await withdraw(world)) > 0);
  const left = packs.flatMap(([kind, packId]) => (kind === 'data' ? [] : [packId])).toSorted();
  assert.deepEqual((await world.spool.clinical.sentPacks()).toSorted(), left);
  assert.equal(await stateOf(world), 'delivered');
  await world.seal();
  assert.equal(
    (await world.spool.clinical.sentPacks()).length,
    left.length,
    'nothing is sealed again',
  );
  assert.equal(await withdraw(world), 0);
});

test('a receipt for a manifest the box never sealed goes to quarantine and delivers nothing', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  await seal(world, study);
  const packId = await world.bring('receipt', receiptFor(study, 'ab'.repeat(32)));
  await world.takeIn();
  assert.deepEqual(await world.spool.clinical.arrivedPacks(), []);
  assert.equal(await stateOf(world), 'waiting');
  assert.equal((await world.folder().catalog.quarantined())[0]?.packId, packId);
});

test('a report for a study of the box makes it report ready, and its receipt goes back', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(2);
  const list = await seal(world, study);
  await world.giveCustody();
  await world.countCustody();
  const reportPack = await world.bring('report', reportFor(study, list.packId));
  await world.takeIn();
  assert.equal(await stateOf(world), 'report ready');
  await world.seal();
  const [answer] = await world.lettersAtCenter();
  assert.ok(answer?.letter.kind === 'receipt' && answer.letter.receipt.type === 'report');
  assert.equal(answer.letter.receipt.reportPack, reportPack);
});

test('a critical finding comes through to the screen, but never from a report that was refused', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  const list = await seal(world, study);
  const critical = { code: 'RED', text: 'Tension pneumothorax' };
  await world.bring('report', reportFor(study, list.packId, { critical }));
  await world.takeIn();
  const [record] = await world.folder().catalog.studies();
  assert.deepEqual(record?.reports[0]?.critical, critical);
  const none = { readReportDocument: async () => undefined };
  const [shown] = await reportsOf(record?.reports ?? [], none);
  assert.equal(shown?.critical, 'Tension pneumothorax');
  const refusal = { kind: 'report/other-patient', message: 'No' };
  const refused = (record?.reports ?? []).map((report) => ({ ...report, refusal }));
  assert.equal((await reportsOf(refused, none))[0]?.critical, undefined, 'it may be of another');
});

test('a report for another patient is kept, never shown, and not acknowledged', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  const list = await seal(world, study);
  const other = { id: 'SOMEBODY-ELSE', birth: '19700101', sex: 'O' };
  await world.bring('report', reportFor(study, list.packId, { patient: other }));
  await world.takeIn();
  const [record] = await world.folder().catalog.studies();
  assert.equal(record?.reports[0]?.refusal?.kind, 'report/other-patient');
  assert.equal(await stateOf(world), 'needs help');
  assert.deepEqual(await world.folder().catalog.unansweredReports(), []);
});

test('a report version that overtakes the one before it waits, and is shown when that has come', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  const list = await seal(world, study);
  const first = await world.sealBack('report', reportFor(study, list.packId));
  const change = { version: 2, status: 'amended', supersedes: first.packId } as const;
  await world.bring('report', reportFor(study, list.packId, change));
  await world.takeIn();
  assert.equal(await stateOf(world), 'needs help');
  await world.carry(first);
  await world.takeIn();
  const [record] = await world.folder().catalog.studies();
  assert.equal(
    record?.reports.find(({ refusal }) => refusal !== null),
    undefined,
  );
  assert.equal(await stateOf(world), 'report ready');
});

test('any changed byte of a pack from the center sends it to quarantine, and nothing is lost', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  const list = await seal(world, study);
  const packId = await world.bring('report', reportFor(study, list.packId), {
    alter: (bytes) => {
      bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
    },
  });
  await world.takeIn();
  assert.equal((await world.folder().catalog.quarantined())[0]?.packId, packId);
  assert.equal(await stateOf(world), 'waiting');
});

test('a pack of a stranger is refused', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  const list = await seal(world, study);
  const signer = world.pairing.identity;
  await world.bring('receipt', receiptFor(study, list.packId), { signer });
  await world.takeIn();
  assert.equal(await stateOf(world), 'waiting');
  assert.match((await world.folder().catalog.quarantined())[0]?.reason ?? '', /^Check 8/);
});

test('a letter that overtakes the key list of its signer counts as soon as that list has come', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  const list = await seal(world, study);
  const signer = signingKeyOf(new Uint8Array(32).fill(7));
  const packId = await world.bring('receipt', receiptFor(study, list.packId), { signer });
  await world.takeIn();
  assert.match((await world.folder().catalog.quarantined())[0]?.reason ?? '', /^Check 8/);
  const withList = (change: (keyList: KeyList) => KeyList): Pairing => ({
    ...world.pairing,
    centers: world.pairing.centers.map((center) => ({
      ...center,
      keyList: change(center.keyList),
    })),
  });
  const incoming = await createIncoming(world.parts().ports);
  const other = withList((keyList) => ({ ...keyList, list: keyList.list + 1 }));
  assert.equal(
    await incoming.turn(other),
    0,
    'a list that does not name the signer changes nothing',
  );
  assert.equal(await stateOf(world), 'waiting');
  const newest = withList((keyList) => ({
    ...keyList,
    list: keyList.list + 2,
    identity: [...keyList.identity, { key: signer.publicKey, state: 'current' }],
  }));
  assert.equal(await incoming.turn(newest), 1);
  assert.equal(await stateOf(world), 'delivered');
  assert.deepEqual(await world.folder().catalog.quarantined(), []);
  assert.equal(await incoming.turn(newest), 0);
  const { catalog } = world.folder();
  assert.equal((await catalog.openedPacks()).filter((each) => each.packId === packId).length, 1);
});

test('a custody receipt under another key counts for nothing', async (t) => {
  const world = await openBoxWorld(t);
  await seal(world, slices(1));
  await world.giveCustody(world.pairing.identity);
  assert.equal(await world.countCustody(), 0);
  assert.equal((await world.spool.clinical.sentPacks()).length, 3);
});

test('an arrived file that cannot be read is told once, counted while it lasts, and taken when it can be', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  const list = await seal(world, study);
  await world.bring('report', reportFor(study, list.packId));
  const { ports } = world.parts();
  const logged: string[] = [];
  let kind: 'spool/io' | 'spool/missing' | undefined = 'spool/missing';
  const incoming = await createIncoming({
    ...ports,
    log: { ...ports.log, error: (event) => void logged.push(event) },
    spool: {
      ...ports.spool,
      readArrived: async (packId) =>
        kind ? fail(fault(kind, 'Cannot read', 'Wait', 'later')) : ports.spool.readArrived(packId),
    },
  });
  await incoming.turn(world.pairing);
  assert.equal(incoming.unreadable(), 0, 'a file that went since the listing is no fault');
  kind = 'spool/io';
  for (let turn = 0; turn < 3; turn += 1) await incoming.turn(world.pairing);
  assert.equal(incoming.unreadable(), 1);
  assert.deepEqual(logged, ['appliance/arrived-unreadable']);
  kind = undefined;
  assert.equal(await incoming.turn(world.pairing), 1);
  assert.equal(incoming.unreadable(), 0);
});
