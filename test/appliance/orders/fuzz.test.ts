import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  emergencyRequestSchema,
  orderListSchema,
  orderRequestSchema,
  orderRequestsSchema,
  placedOrdersSchema,
} from '#appliance/api/contract-orders.ts';
import { createOrdersApi } from '#appliance/api/orders-app.ts';
import { parseCsv } from '#appliance/orders/csv.ts';
import { createOrderDesk } from '#appliance/orders/desk.ts';
import { parseHl7 } from '#appliance/orders/hl7.ts';
import { decodeAssumed, decodeHl7, readOrderMessage } from '#appliance/orders/hl7-order.ts';
import { createMllpReader, mllpFrame } from '#appliance/orders/mllp.ts';
import { newOrder } from '#appliance/orders/order.ts';
import { readOrderFile } from '#appliance/orders/order-file.ts';
import { changedStep, createdStep } from '#appliance/orders/procedure-step.ts';
import { matchesOrder, readQuery, worklistEntry } from '#appliance/orders/worklist.ts';
import { decodeFact, encodeFact } from '#appliance/store/facts.ts';
import { orderSchema, procedureStepSchema } from '#appliance/store/facts-orders.ts';
import { concat, utf8 } from '#sync/core/bytes.ts';
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
    'orderRequestSchema, orderRequestsSchema, orderSchema, emergencyRequestSchema, placedOrdersSchema, orderListSchema',
    [request],
    (value) => {
      emergencyRequestSchema.safeParse(value);
      const parsed = orderRequestSchema.safeParse(value);
      if (!Array.isArray(value))
        assert.equal(orderRequestsSchema.safeParse(value).success, parsed.success);
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
    ['POST', '/v1/orders/0'],
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

const message = utf8(
  [
    'MSH|^~\\&|HIS|DISTRICT|OUTPOST|CLINIC|20260131083000||ORM^O01|M-1|P|2.3.1||||||8859/1',
    'PID|1||DEMO-1^^^DISTRICT||TEST^ALPHA||19700102|F',
    'ORC|NW|P-1||||||^^^^^S',
    'OBR|1|P-1||CT1^CT \\S\\ head|||||||||x\\.br\\\\X41\\|||||A-1||||||CT',
  ].join('\r'),
);
const files: Readonly<Record<string, Uint8Array>> = {
  'a.hl7': message,
  'a.csv': utf8('patientId;patientName;modality\nDEMO-1;"TEST^ALPHA";CT\n'),
  'a.json': utf8(JSON.stringify([request])),
};

test('any file of orders is refused with a reason or becomes orders of their fields', () =>
  fuzzBytes(
    'readOrderFile, readOrderMessage, decodeHl7, decodeAssumed, parseHl7, parseCsv',
    Object.values(files),
    (bytes) => {
      for (const name of Object.keys(files)) {
        const batch = readOrderFile(name, bytes, 'ISO_IR 100');
        if (!batch.ok) {
          assert.equal(batch.fault.kind, 'orders/unusable');
          assert.ok(batch.fault.message.length < 1_000);
          continue;
        }
        for (const each of batch.value.actions) {
          if (each.do === 'place') assert.ok(orderRequestSchema.safeParse(each.request).success);
        }
      }
      assert.equal(typeof decodeAssumed(bytes, ''), 'string');
      const text = decodeHl7(bytes, '');
      const parsed = text.ok ? parseHl7(text.value) : text;
      if (parsed.ok) readOrderMessage(parsed.value);
      parseCsv(decodeAssumed(bytes, ''));
    },
    { rounds: 400 },
  ));

test('any bytes of an MLLP peer are messages in bounds or the end of the connection', () =>
  fuzzBytes(
    'createMllpReader',
    [concat(mllpFrame(message), mllpFrame(message))],
    (bytes) => {
      const reader = createMllpReader(1_024);
      for (let at = 0; at < bytes.length; at += 100) {
        const read = reader.push(bytes.subarray(at, at + 100));
        if (!read) return;
        assert.ok(read.every(({ length }) => length <= 1_024));
      }
    },
    { rounds: 400 },
  ));
