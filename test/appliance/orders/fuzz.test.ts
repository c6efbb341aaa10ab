import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  emergencyRequestSchema,
  orderListSchema,
  orderRequestSchema,
  placedOrdersSchema,
} from '#appliance/api/contract-orders.ts';
import { createOrdersApi } from '#appliance/api/orders-app.ts';
import { createOrderDesk } from '#appliance/orders/desk.ts';
import { newOrder } from '#appliance/orders/order.ts';
import { changedStep, createdStep } from '#appliance/orders/procedure-step.ts';
import { matchesOrder, readQuery, worklistEntry } from '#appliance/orders/worklist.ts';
import { decodeFact, encodeFact } from '#appliance/store/facts.ts';
import { orderSchema, procedureStepSchema } from '#appliance/store/facts-orders.ts';
import { ok } from '#sync/core/result.ts';
import { encodeDataSet, parseDataSet } from '#sync/dicom/dataset.ts';
import { dataSetOf } from '#sync/dicom/dataset-text.ts';
import { explicitLittleEndianUid as explicit } from '#sync/dimse/uids.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';
import { fuzzBytes, fuzzJson } from '#test/support/fuzz.ts';
import { orderRequest, orderRules } from '#test/support/order-world.ts';
import { seeded } from '../../sync/seal/shake-random.ts';

const request = orderRequest({ orderNumber: 'P1', indication: 'fell\nfrom a tree' });
const order = newOrder(
  request,
  {
    ...{ orderId: '0'.repeat(16), source: 'typed', orderNumber: 'P1' },
    ...{ studyInstanceUid: '2.25.7', accessionNumber: 'KIS1' },
  },
  { date: '20260131', time: '120000' },
);

test('a request for an order is refused or becomes an order that can be written down and sent', () =>
  fuzzJson(
    'orderRequestSchema, orderSchema, emergencyRequestSchema, placedOrdersSchema, orderListSchema',
    [request],
    (value) => {
      emergencyRequestSchema.safeParse(value);
      const parsed = orderRequestSchema.safeParse(value);
      if (!parsed.success) return;
      const placed = newOrder(parsed.data, order, { date: '20260131', time: '120000' });
      const fact = { fact: 'order', atMs: 1, order: placed } as const;
      assert.deepEqual(decodeFact(encodeFact(fact).slice(0, -1)), fact);
      assert.doesNotMatch(placed.patientId + placed.patientName, /[\p{Cc}\\]/u);
      assert.deepEqual(orderSchema.parse(placed), placed);
      const placedOrders = { orders: [{ order: placed, outcome: 'new' }] };
      assert.deepEqual(placedOrdersSchema.parse(placedOrders), placedOrders);
      assert.ok(orderListSchema.parse({ orders: [{ ...placed, state: 'waiting' }] }));
      const rules = { ...usual, characterSet: 'ISO_IR 100' };
      const query = readQuery(new Map(), rules);
      const device = { rules, callingAeTitle: 'CT1', siteName: 'DEMO CLINIC' };
      assert.ok(encodeDataSet(worklistEntry(query, placed, device), explicit).length < 20_000);
    },
    { rounds: 300 },
  ));

const usual = {
  ...{ isAnyStation: false, isAnyDate: false },
  ...{ characterSet: undefined, assumedCharacterSet: '' },
};

const identifier = dataSetOf({
  SpecificCharacterSet: 'ISO_IR 192',
  PatientName: 'TEST*',
  StudyInstanceUID: '',
  ScheduledProcedureStepSequence: [
    dataSetOf({ Modality: 'CT', ScheduledProcedureStepStartDate: '20260101-20261231' }),
  ],
});

test('any identifier that can be read is answered in bounds', () =>
  fuzzBytes(
    'readQuery',
    [encodeDataSet(identifier, explicit)],
    (bytes) => {
      const keys = parseDataSet(bytes, explicit);
      if (!keys.ok) return;
      const query = readQuery(keys.value, usual);
      assert.equal(typeof matchesOrder(query, order, usual), 'boolean');
      const device = { rules: usual, callingAeTitle: 'CT1', siteName: 'DEMO CLINIC' };
      const entry = encodeDataSet(worklistEntry(query, order, device), explicit);
      assert.ok(parseDataSet(entry, explicit).ok);
      assert.ok(entry.length <= bytes.length + 4_000);
    },
    { rounds: 500 },
  ));

const performed = dataSetOf({
  PerformedProcedureStepStatus: 'IN PROGRESS',
  PatientID: 'DEMO-1',
  ScheduledStepAttributesSequence: [dataSetOf({ StudyInstanceUID: '1.2.3' })],
  PerformedSeriesSequence: [
    dataSetOf({ ReferencedImageSequence: [dataSetOf({ ReferencedSOPInstanceUID: '1.2.4' })] }),
  ],
});

test('any procedure step that can be read is refused or can be written down', () =>
  fuzzBytes(
    'procedureStepSchema',
    [encodeDataSet(performed, explicit)],
    (bytes) => {
      const given = parseDataSet(bytes, explicit);
      if (!given.ok) return;
      const device = { callingAeTitle: 'CT1', assumedCharacterSet: '' };
      const step = createdStep(undefined, '1.9', given.value, device);
      const changed = step.ok ? changedStep(step.value, given.value) : step;
      for (const each of [step, changed]) {
        if (!each.ok) assert.ok(each.fault.status > 0);
        else assert.deepEqual(procedureStepSchema.parse(each.value), each.value);
      }
    },
    { rounds: 500 },
  ));

test('any body is answered with what was placed or with a fault that a person can act on', () => {
  const clock = createVirtualClock();
  const catalog = {
    ...{ waitingOrders: async () => [], orders: async () => [], ordersBy: async () => [] },
    ...{ orderOfNumber: async () => undefined, procedureStep: async () => undefined },
    evidenceOf: async () => ({ finalSteps: 0, openSteps: 0, named: 0, missing: 0 }),
    hasStudy: async () => false,
    waitingCount: async () => 0,
  };
  const recorder = { record: async () => ok(undefined) };
  const desk = createOrderDesk(
    { catalog, recorder, clock, random: seeded('fuzz'), onChange: () => {} },
    orderRules,
  );
  const app = createOrdersApi({ catalog, desk, complete: () => {} });
  const calls = [
    ['POST', '/v1/orders'],
    ['PUT', '/v1/orders/0'],
    ['POST', '/v1/orders/emergency'],
    ['POST', '/v1/orders/%00/study'],
    ['POST', "/v1/orders/' OR 1=1 --/cancel"],
    ['POST', '/v1/studies/..%2f/complete'],
  ] as const;
  return fuzzJson(
    'createOrdersApi',
    [[request], request, { modality: 'CT', approximateAge: '45Y' }, { studyInstanceUid: '1' }],
    async (value) => {
      for (const [method, path] of calls) {
        const answer = await app.request(`http://box${path}`, {
          method,
          body: JSON.stringify(value) ?? '',
        });
        assert.ok([200, 400, 404, 409].includes(answer.status), `status ${answer.status}`);
        const json = (await answer.json()) as Record<string, unknown>;
        if (answer.status !== 200) assert.ok(json['message'] && json['next'] && json['code']);
      }
    },
    { rounds: 150 },
  );
});
