import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EmergencyRequest } from '#appliance/api/contract-orders.ts';
import { mintAccession, mintUid } from '#appliance/orders/order.ts';
import { expectOk } from '#sync/core/result.ts';
import { parseUid, uid } from '#sync/dicom/uid.ts';
import { openOrderWorld, orderRequest } from '#test/support/order-world.ts';

const studyUid = uid('1.2.3.4');

test('an edit changes neither the Study UID nor the accession number, and the same again is no edit', async (t) => {
  const world = await openOrderWorld(t);
  const desk = world.desk();
  const first = expectOk(await desk.place('HIS', [orderRequest({ orderNumber: 'P1' })])).orders[0];
  assert.equal(first?.outcome, 'new');
  const edit = orderRequest({
    orderNumber: 'P1',
    description: 'CT neck',
    accessionNumber: 'OTHER',
  });
  const second = expectOk(await desk.place('HIS', [edit])).orders[0];
  assert.equal(second?.outcome, 'changed');
  assert.deepEqual(
    { ...second.order, description: first.order.description, revision: 1 },
    first.order,
  );
  const third = expectOk(await desk.place('HIS', [edit])).orders[0];
  assert.deepEqual([third?.outcome, third?.order.revision], ['unchanged', 2]);
  const elsewhere = expectOk(await desk.place('OTHER HIS', [edit])).orders[0];
  assert.equal(elsewhere?.outcome, 'new', 'a number means something at its source only');
  await world.rebuild();
  const known = await world.orders().ordersBy('orderId', first.order.orderId);
  assert.deepEqual(known[0]?.order, second.order, 'what was placed is durable');
});

test('an accession number is used once, and one that no device can hold is replaced', async (t) => {
  const world = await openOrderWorld(t);
  const desk = world.desk();
  const given = orderRequest({ accessionNumber: 'A-1' });
  assert.equal(
    expectOk(await desk.place('typed', [given])).orders[0]?.order.accessionNumber,
    'A-1',
  );
  const again = await desk.place('typed', [given]);
  assert.equal(!again.ok && again.fault.kind, 'orders/accession-taken');
  const twice = orderRequest({ accessionNumber: 'A-2' });
  const batch = await desk.place('typed', [orderRequest(), twice, twice]);
  assert.ok(!batch.ok && /order 3; none/.test(batch.fault.message));
  assert.equal((await world.orders().orders(10)).length, 1, 'all of a batch or none');
  const long = orderRequest({ accessionNumber: 'X'.repeat(17) });
  const minted = expectOk(await desk.place('typed', [long])).orders[0]?.order.accessionNumber ?? '';
  assert.match(minted, /^KIS[0-9A-HJKMNP-TV-Z]{10}$/);
});

test('what is minted is legal and differs whatever chance says', () => {
  const ones = new Uint8Array(16).fill(0xff);
  assert.ok(parseUid(mintUid(ones)));
  assert.ok(mintUid(ones).length <= 64);
  assert.equal(mintAccession('ABCD', ones).length, 14);
  assert.notEqual(mintAccession('', ones), mintAccession('', new Uint8Array(7)));
});

test('an order leaves the worklist when its study comes, by UID or by accession number and patient', async (t) => {
  const world = await openOrderWorld(t);
  const desk = world.desk();
  const place = async (change: object) =>
    expectOk(await desk.place('typed', [orderRequest(change)])).orders[0]?.order;
  const byUid = await place({});
  const byAccession = await place({ accessionNumber: 'A-7' });
  const waiting = async () =>
    (await world.orders().waitingOrders(10)).map(({ accessionNumber }) => accessionNumber).sort();
  assert.equal((await waiting()).length, 2);
  await world.arrive({ studyInstanceUid: uid(byUid?.studyInstanceUid ?? ''), patientId: 'OTHER' });
  assert.deepEqual(await waiting(), ['A-7']);
  await world.arrive({ studyInstanceUid: studyUid, accessionNumber: 'A-7', patientId: 'OTHER' });
  assert.deepEqual(await waiting(), ['A-7'], 'the number of another patient proves nothing');
  await world.arrive({
    ...{ studyInstanceUid: uid('1.2.3.5'), accessionNumber: 'A-7' },
    patientId: byAccession?.patientId ?? '',
  });
  assert.deepEqual(await waiting(), []);
  const late = orderRequest({ orderNumber: 'LATE', studyInstanceUid: '1.2.3.6' });
  await world.arrive({ studyInstanceUid: uid('1.2.3.6'), patientId: 'DEMO-1' });
  expectOk(await desk.place('HIS', [late]));
  assert.deepEqual(await waiting(), [], 'the study was here before its order');
});

test('a cancelled order is off the worklist for good', async (t) => {
  const world = await openOrderWorld(t);
  const desk = world.desk();
  expectOk(await desk.place('HIS', [orderRequest({ orderNumber: 'P1' })]));
  expectOk(await desk.cancelNumber('HIS', 'P1'));
  expectOk(await desk.cancelNumber('HIS', 'P1'));
  assert.deepEqual(await world.orders().waitingOrders(10), []);
  const changed = await desk.place('HIS', [orderRequest({ orderNumber: 'P1' })]);
  assert.equal(!changed.ok && changed.fault.kind, 'orders/cancelled');
  const unknown = await desk.cancelNumber('HIS', 'P2');
  assert.equal(!unknown.ok && unknown.fault.kind, 'orders/unknown');
});

test('an emergency makes a temporary patient that no ordinary order can take', async (t) => {
  const world = await openOrderWorld(t);
  const desk = world.desk();
  const request: EmergencyRequest = {
    ...{ modality: 'CT', patientSex: 'M' as const, approximateAge: '45Y', stationAeTitle: '' },
    ...{ description: 'CT head', indication: 'found on the road' },
  };
  const order = expectOk(await desk.emergency(request)).orders[0]?.order;
  assert.ok(order);
  assert.equal(order.patientId, `TMP-${order.accessionNumber}`);
  assert.deepEqual(
    [order.priority, order.patientAge, order.patientSex, order.consent, order.isEmergency],
    ['STAT', '045Y', 'M', 'emergency', true],
  );
  const other = expectOk(await desk.emergency(request)).orders[0]?.order;
  assert.notEqual(other?.patientId, order.patientId);
  const stolen = await desk.place('typed', [orderRequest({ patientId: 'TMP-1' })]);
  assert.equal(!stolen.ok && stolen.fault.kind, 'orders/reserved-id');
  const followUp = orderRequest({ patientId: order.patientId, description: 'CT chest' });
  assert.ok((await desk.place('typed', [followUp])).ok);

  await world.arrive({
    studyInstanceUid: uid(order.studyInstanceUid),
    patientId: order.patientId,
  });
  const named = orderRequest({ patientId: 'DEMO-9', patientName: 'TEST^BRAVO', priority: 'STAT' });
  const changed = expectOk(await desk.change(order.orderId, named)).orders[0]?.order;
  assert.deepEqual(
    [changed?.patientId, changed?.studyInstanceUid, changed?.isEmergency],
    ['DEMO-9', order.studyInstanceUid, true],
  );
  assert.deepEqual(
    await world
      .orders()
      .waitingOrders(10)
      .then((o) => o.map((e) => e.description)),
    ['CT head', 'CT chest'],
  );
});
