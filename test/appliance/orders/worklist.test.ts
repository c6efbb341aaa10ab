import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newOrder } from '#appliance/orders/order.ts';
import {
  type DeviceRules,
  hasUnknownKeys,
  matchesOrder,
  readQuery,
  worklistEntry,
} from '#appliance/orders/worklist.ts';
import { expectOk } from '#sync/core/result.ts';
import { encodeDataSet, parseDataSet } from '#sync/dicom/dataset.ts';
import { dataSetOf, itemsOf, textOf, type Value } from '#sync/dicom/dataset-text.ts';
import { attributes, type Keyword } from '#sync/dicom/dictionary.ts';
import { explicitLittleEndianUid, implicitLittleEndianUid } from '#sync/dimse/uids.ts';
import { orderRequest } from '#test/support/order-world.ts';

const usual: DeviceRules = {
  ...{ isAnyStation: false, isAnyDate: false },
  ...{ characterSet: undefined, assumedCharacterSet: '' },
};
const order = newOrder(
  orderRequest({
    patientName: 'MÜLLER^JOSÉ',
    stationAeTitle: 'CT1',
    indication: 'fell from a tree',
  }),
  {
    ...{ orderId: '0'.repeat(16), source: 'typed', orderNumber: '' },
    ...{ studyInstanceUid: '2.25.7', accessionNumber: 'KIS1' },
  },
  { date: '20260131', time: '120000' },
);

type Keys = Partial<Record<Keyword, Value>>;
const query = (keys: Keys, step: Keys = {}, rules = usual) =>
  readQuery(dataSetOf({ ...keys, ScheduledProcedureStepSequence: [dataSetOf(step)] }), rules);
const matches = (keys: Keys, step: Keys = {}, rules = usual) =>
  matchesOrder(query(keys, step, rules), order, rules);
const entry = (keys: Keys, step: Keys = {}, rules = usual) =>
  worklistEntry(query(keys, step, rules), order, {
    ...{ rules, callingAeTitle: 'CALLER', siteName: 'DEMO CLINIC' },
  });

test('a query finds an order by what the standard lets it ask for', () => {
  assert.ok(matches({}));
  assert.ok(matches({ PatientID: 'DEMO-1' }, { Modality: 'CT', ScheduledStationAETitle: 'CT1' }));
  assert.ok(matches({ PatientName: 'müller*', SpecificCharacterSet: 'ISO_IR 192' }));
  assert.ok(matches({ AccessionNumber: 'KIS*' }, { ScheduledProcedureStepStartDate: '20260131-' }));
  assert.ok(matches({ StudyInstanceUID: '2.25.7' }, { Modality: 'MR\\CT' }));
  for (const keys of [
    { PatientID: 'DEMO' },
    { PatientName: 'BRAVO*' },
    { AccessionNumber: 'KIS' },
    { StudyInstanceUID: '2.25.8' },
  ])
    assert.ok(!matches(keys), JSON.stringify(keys));
  assert.ok(!matches({}, { Modality: 'MR' }));
  assert.ok(!matches({}, { ScheduledProcedureStepStartTime: '-0829' }));
});

test('station and date that a device asks for wrongly can be left out for it alone', () => {
  const station = { ScheduledStationAETitle: 'WRONG' };
  const day = { ScheduledProcedureStepStartDate: '19700101' };
  assert.ok(!matches({}, station));
  assert.ok(matches({}, station, { ...usual, isAnyStation: true }));
  assert.ok(!matches({}, day));
  assert.ok(matches({}, day, { ...usual, isAnyDate: true }));
  assert.ok(!matches({}, { ...day, Modality: 'MR' }, { ...usual, isAnyDate: true }));
});

test('an order for any station is found from every station, and the answer names the one that asked', () => {
  const free = { ...order, stationAeTitle: '' };
  const asked = query({}, { ScheduledStationAETitle: 'CT7' });
  assert.ok(matchesOrder(asked, free, usual));
  const named = (keys: Keys) =>
    textOf(
      itemsOf(
        worklistEntry(query({}, keys), free, {
          ...{ rules: usual, callingAeTitle: 'CALLER', siteName: '' },
        }),
        'ScheduledProcedureStepSequence',
      )[0] ?? new Map(),
      'ScheduledStationAETitle',
    );
  assert.equal(named({ ScheduledStationAETitle: 'CT7' }), 'CT7');
  assert.equal(named({ ScheduledStationAETitle: 'CT*' }), 'CALLER');
  assert.equal(named({}), 'CALLER');
});

test('what the standard requires comes back unasked, and the rest only when it is asked for', () => {
  const plain = entry({});
  const step = itemsOf(plain, 'ScheduledProcedureStepSequence')[0] ?? new Map();
  assert.equal(textOf(plain, 'StudyInstanceUID'), '2.25.7');
  assert.equal(textOf(plain, 'RequestedProcedureID'), 'KIS1');
  assert.equal(textOf(step, 'ScheduledProcedureStepStartTime'), '083000');
  assert.ok(plain.has(attributes.PregnancyStatus[0]));
  assert.ok(!plain.has(attributes.ReasonForTheRequestedProcedure[0]));
  const asked = entry({ ReasonForTheRequestedProcedure: '', EthnicGroup: '' });
  assert.equal(textOf(asked, 'ReasonForTheRequestedProcedure'), 'fell from a tree');
  assert.equal(asked.get(attributes.EthnicGroup[0])?.value.length, 0);
  assert.ok(!hasUnknownKeys(query({ EthnicGroup: '' })));
  assert.ok(hasUnknownKeys(query({ EthnicGroup: 'X' })));
  assert.ok(hasUnknownKeys(query({}, { ScheduledStationName: 'X' })));
});

test('an answer is in the character set of the device, or in ASCII letters that come nearest', () => {
  const nameIn = (rules: Partial<DeviceRules>, asked = '') => {
    const answer = entry(
      asked === '' ? {} : { SpecificCharacterSet: asked },
      {},
      {
        ...usual,
        ...rules,
      },
    );
    return [textOf(answer, 'SpecificCharacterSet'), textOf(answer, 'PatientName')];
  };
  assert.deepEqual(nameIn({}), ['', 'MULLER^JOSE']);
  assert.deepEqual(nameIn({}, 'ISO_IR 100'), ['ISO_IR 100', 'MÜLLER^JOSÉ']);
  assert.deepEqual(nameIn({}, '\\ISO 2022 IR 87'), ['', 'MULLER^JOSE']);
  assert.deepEqual(nameIn({ characterSet: 'ISO_IR 192' }), ['ISO_IR 192', 'MÜLLER^JOSÉ']);
  assert.deepEqual(nameIn({ characterSet: '' }, 'ISO_IR 192'), ['', 'MULLER^JOSE']);
  assert.deepEqual(nameIn({ characterSet: 'ISO_IR 144' }), ['ISO_IR 144', 'MULLER^JOSE']);
});

test('answers can be read back in both encodings', () => {
  for (const syntax of [implicitLittleEndianUid, explicitLittleEndianUid]) {
    const answer = entry({ SpecificCharacterSet: 'ISO_IR 192' });
    const read = expectOk(parseDataSet(encodeDataSet(answer, syntax), syntax));
    assert.equal(textOf(read, 'PatientName'), 'MÜLLER^JOSÉ');
  }
});
