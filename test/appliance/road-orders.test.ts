import assert from 'node:assert/strict';
import { test } from 'node:test';
import { studyRow } from '#appliance/intake/progress.ts';
import { newOrder } from '#appliance/orders/order.ts';
import type { Order, ProcedureStep } from '#appliance/store/facts-orders.ts';
import { expectOk } from '#sync/core/result.ts';
import { type BoxWorld, openBoxWorld } from '#test/support/box-world.ts';
import { orderRequest } from '#test/support/order-world.ts';
import { slices } from '#test/support/road.ts';

const study = slices(2);
const { studyInstanceUid = '', patientId, accessionNumber } = study[0]?.attributes ?? {};

function orderOf(change: Partial<Order> = {}): Order {
  const request = orderRequest({ patientId: patientId ?? '', indication: 'fell from a tree' });
  const identity = {
    ...{ orderId: '0'.repeat(16), source: 'typed', orderNumber: 'P1' },
    ...{ studyInstanceUid, accessionNumber: 'KIS1' },
  };
  return { ...newOrder(request, identity, { date: '20260131', time: '120000' }), ...change };
}

const place = async (world: BoxWorld, order: Order) =>
  expectOk(await world.parts().ports.recorder.record([{ fact: 'order', atMs: 1, order }]));

async function manifests(world: BoxWorld) {
  const letters = await world.lettersAtCenter();
  return letters.flatMap(({ letter }) =>
    letter.kind === 'manifest' ? [letter.manifest.meta] : [],
  );
}

test('an order travels with the first manifest, and STAT makes its study the first to go', async (t) => {
  const world = await openBoxWorld(t);
  await place(world, orderOf({ priority: 'STAT', consent: 'consent', history: 'none' }));
  await world.receive(study);
  world.clock.advance(2_000);
  await world.seal();
  const [first, second] = await manifests(world);
  assert.equal(first?.order?.indication, 'fell from a tree');
  assert.deepEqual([first?.order?.consent, first?.order?.priority], ['consent', 'STAT']);
  assert.equal(first?.isStat, true);
  assert.deepEqual(second?.order, first?.order);
  const open = await world.folder().catalog.openPacks();
  assert.deepEqual(new Set(open.map((pack) => pack.class)), new Set([0]));
  await world.seal();
  assert.equal((await manifests(world)).length, 2, 'nothing is told twice');
});

test('an order that comes or changes after the images is an amendment without a new list', async (t) => {
  const world = await openBoxWorld(t);
  await world.receive(study);
  world.clock.advance(2_000);
  await world.seal();
  assert.deepEqual(
    (await manifests(world)).map(({ order }) => order),
    [undefined, undefined],
  );
  await place(world, orderOf());
  await world.seal();
  await world.seal();
  await place(world, orderOf({ revision: 2, history: 'smoker', priority: 'STAT' }));
  await world.seal();
  // An older fact that is applied again, as after a crash, takes nothing back.
  await place(world, orderOf());
  await world.seal();
  const told = (await manifests(world))
    .toSorted((a, b) => a.version - b.version)
    .map(({ version, hasList, order }) => [version, hasList, order?.history]);
  assert.deepEqual(told, [
    [1, false, undefined],
    [2, true, undefined],
    [3, false, ''],
    [4, false, 'smoker'],
  ]);
  const open = await world.folder().catalog.openPacks();
  assert.ok(
    open.every((pack) => pack.class === 0),
    'what is sealed already goes first, too',
  );
});

test('a patient who refused stays on the box until that changes', async (t) => {
  const world = await openBoxWorld(t);
  await place(world, orderOf({ consent: 'refused' }));
  await world.receive(study);
  world.clock.advance(2_000);
  await world.seal();
  assert.deepEqual(await world.lettersAtCenter(), []);
  await place(world, orderOf({ revision: 2, consent: 'consent' }));
  await world.seal();
  assert.equal((await manifests(world)).length, 2);
});

test('a history never travels with the images of another patient, until a person says they belong', async (t) => {
  const world = await openBoxWorld(t);
  const other = orderOf({ patientId: 'OTHER', accessionNumber: accessionNumber ?? '' });
  await place(world, other);
  await world.receive(study);
  world.clock.advance(2_000);
  await world.seal();
  const sealed = await manifests(world);
  assert.ok(sealed.length > 0 && sealed.every(({ order }) => order === undefined));
  const shown = async () => {
    const [record] = await world.folder().catalog.studies();
    assert.ok(record);
    return studyRow(record, { isReceiving: () => false, agent: undefined });
  };
  assert.equal((await shown()).isUnordered, true, 'it is kept and flagged');
  const bound = { fact: 'order-bound', atMs: 2, study: studyInstanceUid, orderId: other.orderId };
  expectOk(await world.parts().ports.recorder.record([bound as never]));
  assert.equal((await shown()).isUnordered, false);
  await world.seal();
  assert.equal((await manifests(world)).at(-1)?.order?.patient?.id, 'OTHER');
});

test('a study without orders on the box is not flagged', async (t) => {
  const world = await openBoxWorld(t);
  await world.receive(study);
  const [record] = await world.folder().catalog.studies();
  assert.equal(record?.isUnordered, false);
});

test('a shortage is what a final step names and nobody sent, once nothing more is coming', async (t) => {
  const world = await openBoxWorld(t);
  await world.receive(study);
  const step: ProcedureStep = {
    ...{ sopInstanceUid: '1.9', status: 'IN PROGRESS', callingAeTitle: 'CT1' },
    ...{ studyInstanceUids: [studyInstanceUid], accessionNumbers: [], patientId: '' },
    ...{ modality: 'CT', startedAt: '', endedAt: '' },
    instances: [...study.map(({ sopInstanceUid }) => sopInstanceUid), '2.25.404'],
  };
  const missing = async (isReceiving: boolean) => {
    const [record] = await world.folder().catalog.studies();
    assert.ok(record);
    return studyRow(record, { isReceiving: () => isReceiving, agent: undefined }).missingCount;
  };
  const tell = async (status: ProcedureStep['status']) =>
    expectOk(
      await world
        .parts()
        .ports.recorder.record([{ fact: 'procedure-step', atMs: 3, step: { ...step, status } }]),
    );
  await tell('IN PROGRESS');
  assert.equal(await missing(false), 0, 'the step is not over');
  await tell('COMPLETED');
  assert.equal(await missing(true), 0, 'more may come');
  assert.equal(await missing(false), 1);
  assert.deepEqual(await world.folder().orders.evidenceOf(studyInstanceUid), {
    ...{ finalSteps: 1, openSteps: 0, named: 3, missing: 1 },
  });
});
