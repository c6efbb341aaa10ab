import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, hex, utf8 } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { type DataSet, encodeDataSet, parseDataSet } from '#sync/dicom/dataset.ts';
import { dataSetOf, hasAttribute, itemsOf, numberOf, textOf } from '#sync/dicom/dataset-text.ts';
import { attributes, type Keyword, vrOf } from '#sync/dicom/dictionary.ts';

/** Has no types of its own. */
const dcmjs = createRequire(import.meta.url)('dcmjs') as {
  readonly data: {
    readonly DicomMetaDictionary: {
      readonly nameMap: Readonly<Record<string, { readonly tag: string; readonly vr: string }>>;
    };
  };
};
const implicit = '1.2.840.10008.1.2';
const explicit = '1.2.840.10008.1.2.1';
const syntaxes = [implicit, explicit];

const worklistQuery = dataSetOf({
  SpecificCharacterSet: 'ISO_IR 192',
  PatientName: 'TÉST^ALPHA',
  PatientID: '',
  AccessionNumber: 'A1',
  ScheduledProcedureStepSequence: [
    dataSetOf({
      Modality: 'CR',
      ScheduledStationAETitle: 'ROOM1',
      ScheduledProtocolCodeSequence: [],
    }),
  ],
});

for (const syntax of syntaxes) {
  test(`an identifier comes back as it went, in ${syntax}`, () => {
    const read = expectOk(parseDataSet(encodeDataSet(worklistQuery, syntax), syntax));
    assert.equal(textOf(read, 'PatientName'), 'TÉST^ALPHA');
    assert.equal(textOf(read, 'PatientID'), '');
    assert.equal(hasAttribute(read, 'PatientID'), true);
    assert.equal(hasAttribute(read, 'PatientSex'), false);
    const [step] = itemsOf(read, 'ScheduledProcedureStepSequence');
    assert.equal(step && textOf(step, 'Modality'), 'CR');
    assert.deepEqual(step && itemsOf(step, 'ScheduledProtocolCodeSequence'), []);
  });
}

test('encoding is canonical: tags ascend, values are even, UIDs end in zero and text in a space', () => {
  const dataset = dataSetOf({
    StudyInstanceUID: '1.2.3',
    AccessionNumber: 'A',
    FailureReason: 0x0110,
  });
  assert.equal(
    hex(encodeDataSet(dataset, explicit)),
    '08005000534802004120' + '08009711555302001001' + '20000d0055490600312e322e3300',
  );
});

test('sequences and items of undefined length are read as those of defined length', () => {
  const element = (tag: string, length: string, value = ''): string => tag + length + value;
  const text = [
    element('40000001', 'ffffffff'),
    element('feff00e0', 'ffffffff'),
    element('08006000', '02000000', '4352'),
    element('feff0de0', '00000000'),
    element('feffdde0', '00000000'),
    element('40000110', '02000000', '5020'),
  ].join('');
  const read = expectOk(parseDataSet(Uint8Array.from(Buffer.from(text, 'hex')), implicit));
  const [step] = itemsOf(read, 'ScheduledProcedureStepSequence');
  assert.equal(step && textOf(step, 'Modality'), 'CR');
  assert.equal(textOf(read, 'RequestedProcedureID'), 'P');
});

const malformed: readonly (readonly [string, string])[] = [
  ['an element is cut off', '08005000'],
  ['a value is cut off', '0800500008000000' + '4142'],
  ['an element comes twice', '08005000020000004142' + '08005000020000004142'],
  ['an item is out of place', 'feff00e000000000'],
  ['a sequence holds something but items', '40000001ffffffff' + '0800600002000000' + '4352'],
  ['a sequence is cut off', '40000001ffffffff'],
  ['an item is cut off', '4000000108000000' + 'feff00e0ff000000'],
  ['an item has no end', '40000001ffffffff' + 'feff00e0ffffffff'],
];
for (const [reason, bytes] of malformed) {
  test(`refused: ${reason}`, () => {
    const read = parseDataSet(Uint8Array.from(Buffer.from(bytes, 'hex')), implicit);
    assert.ok(!read.ok);
    assert.match(read.fault.message, new RegExp(reason));
  });
}

test('a sequence without a length does not reach out of the item that holds it', () => {
  const item = 'feff00e008000000' + '40000801ffffffff';
  const behind = 'feff00e000000000' + 'feffdde000000000';
  const bytes = `40000001ffffffff${item}${behind}feffdde000000000`;
  const read = parseDataSet(Uint8Array.from(Buffer.from(bytes, 'hex')), implicit);
  assert.ok(!read.ok);
  assert.match(read.fault.message, /a sequence is cut off/);
});

test('the dictionary says what the standard says', () => {
  const { nameMap } = dcmjs.data.DicomMetaDictionary;
  for (const [keyword, [number, vr]] of Object.entries(attributes)) {
    const entry = nameMap[keyword];
    const standard = entry && [Number.parseInt(entry.tag.replace(/\W/g, ''), 16), entry.vr];
    // dcmjs calls offsets of a DICOMDIR "up"; PS3.6 has UL.
    assert.deepEqual(
      [number, vr],
      standard?.map((each) => (each === 'up' ? 'UL' : each)),
      keyword,
    );
  }
});

test('sequences thirty-three deep are refused, not followed', () => {
  const open = '40000001ffffffff' + 'feff00e0ffffffff';
  const read = parseDataSet(Uint8Array.from(Buffer.from(open.repeat(5_000), 'hex')), implicit);
  assert.ok(!read.ok && /too deep/.test(read.fault.message));
});

test('identifiers in any other transfer syntax are refused', () => {
  const read = parseDataSet(new Uint8Array(), '1.2.840.10008.1.2.4.50');
  assert.ok(!read.ok && read.fault.kind === 'dicom/malformed-dataset');
});

const keywords = Object.keys(attributes) as Keyword[];
const leaf = fc.dictionary(
  fc.constantFrom(...keywords.filter((k) => !['SQ', 'US', 'UL'].includes(attributes[k][1]))),
  fc.string({ maxLength: 20 }),
);
const nested = fc
  .tuple(leaf, fc.array(leaf, { maxLength: 3 }))
  .map(
    ([outer, items]): DataSet =>
      dataSetOf({ ...outer, ReferencedSOPSequence: items.map((item) => dataSetOf(item)) }),
  );

test('property: encode, parse and encode again give the same bytes', () => {
  fc.assert(
    fc.property(nested, fc.constantFrom(...syntaxes), (dataset, syntax) => {
      const bytes = encodeDataSet(dataset, syntax);
      assert.deepEqual(encodeDataSet(expectOk(parseDataSet(bytes, syntax)), syntax), bytes);
    }),
  );
});

test('property: any bytes are read or refused, and never throw', () => {
  const base = encodeDataSet(worklistQuery, explicit);
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.nat(base.length), fc.uint8Array({ maxLength: 8 }), fc.nat(base.length))
      .map(([at, splice, skip]) => concat(base.subarray(0, at), splice, base.subarray(at + skip))),
  );
  fc.assert(
    fc.property(hostile, fc.constantFrom(...syntaxes), (bytes, syntax) => {
      const read = parseDataSet(bytes, syntax);
      if (read.ok) encodeDataSet(read.value, explicit);
    }),
    { numRuns: 500 },
  );
});

test('numbers of two and four bytes are read, others are none', () => {
  const at = attributes.FailureReason[0];
  const of = (value: Uint8Array): DataSet => new Map([[at, { vr: 'US', value }]]);
  assert.equal(numberOf(of(Uint8Array.of(0x12, 0x01)), 'FailureReason'), 0x0112);
  assert.equal(numberOf(of(Uint8Array.of(1, 0, 0, 1)), 'FailureReason'), 0x01000001);
  assert.equal(numberOf(of(utf8('abc')), 'FailureReason'), undefined);
});

test('the value representation of an unknown attribute is UN', () => {
  assert.equal(vrOf(0x00091001), 'UN');
  assert.equal(vrOf(attributes.PatientName[0]), 'PN');
});
