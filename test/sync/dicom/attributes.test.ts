import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { concat, utf8 } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { type Announced, readAttributes } from '#sync/dicom/attributes.ts';
import {
  explicitBigEndian,
  explicitLittleEndian,
  implicitLittleEndian,
} from '#sync/dicom/element.ts';
import { uid } from '#sync/dicom/uid.ts';
import { leastElements, sopClass, sopInstance, study, type Written, written } from './dataset.ts';

const announced: Announced = {
  transferSyntaxUid: uid('1.2.840.10008.1.2.1'),
  sopClassUid: uid(sopClass),
  sopInstanceUid: uid(sopInstance),
};
const elements: readonly Written[] = [
  [0x00080005, 'CS', 'ISO_IR 100'],
  ...leastElements.slice(0, 2),
  [0x00080020, 'DA', '20260105'],
  [0x00080030, 'TM', '0815'],
  [0x00080050, 'SH', 'A000000001'],
  [0x00080060, 'CS', 'CT'],
  [0x0008103e, 'LO', new Uint8Array([0x4b, 0xf6, 0x70, 0x66])],
  [0x00100010, 'PN', 'TEST^ALPHA'],
  [0x00100020, 'LO', 'DEMO-1'],
  [0x00100030, 'DA', '1970.01.01'],
  [0x00180015, 'CS', 'HEAD'],
  [0x0020000d, 'UI', study],
  [0x0020000e, 'UI', '2.25.3'],
  [0x00200013, 'IS', '7 '],
];
const pixels: Written = [0x7fe00010, 'OW', new Uint8Array(100)];
const expected = {
  ...announced,
  studyInstanceUid: study,
  seriesInstanceUid: '2.25.3',
  patientId: 'DEMO-1',
  issuerOfPatientId: '',
  patientName: 'TEST^ALPHA',
  patientBirthDate: '19700101',
  patientSex: '',
  accessionNumber: 'A000000001',
  modality: 'CT',
  studyDescription: '',
  seriesDescription: 'Köpf',
  bodyPartExamined: 'HEAD',
  studyDate: '20260105',
  studyTime: '081500',
  instanceNumber: '7',
  isLossy: false,
};

function as(transferSyntaxUid: string): Announced {
  return { ...announced, transferSyntaxUid: uid(transferSyntaxUid) };
}

function kindOf(dataset: Uint8Array, ids = announced, isWhole = true, size?: number): string {
  const read = readAttributes(dataset, ids, isWhole, size);
  return read.ok ? 'ok' : read.fault.kind;
}

const encodings = [
  ['explicit little endian', '1.2.840.10008.1.2.1', explicitLittleEndian],
  ['implicit little endian', '1.2.840.10008.1.2', implicitLittleEndian],
  ['explicit big endian', '1.2.840.10008.1.2.2', explicitBigEndian],
  ['JPEG 2000', '1.2.840.10008.1.2.4.90', explicitLittleEndian],
  ['explicit where implicit was said', '1.2.840.10008.1.2', explicitLittleEndian],
  ['implicit where explicit was said', '1.2.840.10008.1.2.1', implicitLittleEndian],
] as const;

for (const [name, syntax, encoding] of encodings) {
  test(`attributes are read in ${name}`, () => {
    const dataset = written([...elements, pixels], encoding);
    assert.deepEqual(expectOk(readAttributes(dataset, as(syntax), true)), {
      ...expected,
      transferSyntaxUid: syntax,
    });
  });
}

test('a deflated dataset is read, whole or cut anywhere behind its attributes', () => {
  const noise = Uint8Array.from({ length: 60_000 }, (_, index) => (index * index * 7) >> 4);
  const dataset = written([...elements, [0x7fe00010, 'OW', noise]]);
  const deflated = new Uint8Array(deflateRawSync(dataset));
  const ids = as('1.2.840.10008.1.2.1.99');
  const want = { ...expected, transferSyntaxUid: ids.transferSyntaxUid };
  assert.deepEqual(expectOk(readAttributes(deflated, ids, true)), want);
  assert.deepEqual(expectOk(readAttributes(deflated.subarray(0, 2_000), ids, false)), want);
});

test('a deflated bomb costs no more than its head', () => {
  const filler: Written = [0x00090010, 'UN', new Uint8Array(64 * 1024 * 1024)];
  const bomb = new Uint8Array(deflateRawSync(written([...leastElements.slice(0, 2), filler])));
  const read = readAttributes(bomb, as('1.2.840.10008.1.2.1.99'), true);
  assert.ok(read.ok ? read.value.studyInstanceUid === undefined : true);
});

test('without a legal study UID the instance is still read', () => {
  for (const text of ['', '../../etc', '1.2..3']) {
    const dataset = written([...elements.slice(0, -3), [0x0020000d, 'UI', text]]);
    assert.equal(expectOk(readAttributes(dataset, announced, true)).studyInstanceUid, undefined);
  }
});

test('what cannot be an instance is refused with its reason', () => {
  const pdf = utf8('%PDF-1.4 this is not DICOM '.repeat(20));
  assert.equal(kindOf(new Uint8Array(0)), 'dicom/empty');
  assert.equal(kindOf(pdf), 'dicom/unparsable');
  assert.equal(kindOf(new Uint8Array(4_096)), 'dicom/unparsable');
  assert.equal(kindOf(pdf, as('1.2.840.10008.1.2.1.99')), 'dicom/unparsable');
  assert.equal(kindOf(written(elements.slice(3, 8))), 'dicom/unparsable');
});

test('a dataset of another SOP class or instance is refused', () => {
  const dataset = written([...elements, pixels]);
  assert.equal(kindOf(dataset, { ...announced, sopInstanceUid: uid('2.25.9') }), 'dicom/mismatch');
  assert.equal(kindOf(dataset, { ...announced, sopClassUid: uid('1.2.3') }), 'dicom/mismatch');
});

test('a dataset that ends too early is refused, a missing pad byte is borne', () => {
  const dataset = written([...elements, pixels]);
  assert.equal(kindOf(dataset.subarray(0, -2)), 'dicom/truncated');
  assert.equal(kindOf(dataset.subarray(0, -1)), 'ok');
  assert.equal(kindOf(dataset.subarray(0, 100)), 'dicom/truncated');
  assert.equal(kindOf(concat(dataset, utf8('garbage behind the end'))), 'ok');
});

test('a head that is not the whole is read as far as it goes', () => {
  const dataset = written([...elements, [0x7fe00010, 'OW', new Uint8Array(100_000)]]);
  const head = dataset.subarray(0, 1_000);
  assert.deepEqual(expectOk(readAttributes(head, announced, false)), expected);
  assert.equal(kindOf(head, announced, false, dataset.length), 'ok');
  assert.equal(kindOf(head, announced, false, dataset.length - 100), 'dicom/truncated');
});

test('dates and times in a form nobody defined are left out', () => {
  const odd: readonly Written[] = [
    ...leastElements.slice(0, 2),
    [0x00080020, 'DA', 'yesterday '],
    [0x00080030, 'TM', '25h'],
    ...leastElements.slice(2),
  ];
  const read = expectOk(readAttributes(written(odd), announced, true));
  assert.deepEqual([read.studyDate, read.studyTime], ['', '']);
});

test('a value longer than any legal one is cut', () => {
  const long: Written = [0x00100020, 'UT', 'x'.repeat(5_000)];
  const dataset = written([...leastElements.slice(0, 3), long, ...leastElements.slice(3)]);
  assert.equal(expectOk(readAttributes(dataset, announced, true)).patientId.length, 1_024);
});

test('a damaged dataset never throws', () => {
  const syntaxes = fc.constantFrom(
    ...encodings.map(([, syntax]) => syntax),
    '1.2.840.10008.1.2.1.99',
  );
  const whole = written([...elements, pixels]);
  const deflated = new Uint8Array(deflateRawSync(whole));
  fc.assert(
    fc.property(
      fc.constantFrom(whole, deflated),
      syntaxes,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 8 }),
      fc.nat(),
      fc.boolean(),
      (source, syntax, changes, length, isWhole) => {
        const bytes = source.slice(0, length % (source.length + 1));
        for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
        readAttributes(bytes, as(syntax), isWhole);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a dataset without a character set is read in the one that is assumed of its source', () => {
  const name = new Uint8Array([0xbb, 0xee, 0xda, 0xe1, 0xd5, 0xdc, 0xd1, 0xe3, 0xe0, 0xd3]);
  const nameOf = (characterSet: string, assumed: string) => {
    const dataset = written([
      [0x00080005, 'CS', characterSet],
      ...leastElements.slice(0, 2),
      [0x00100010, 'PN', name],
      [0x0020000d, 'UI', study],
    ]);
    return expectOk(readAttributes(dataset, announced, true, dataset.length, assumed)).patientName;
  };
  assert.equal(nameOf('', 'ISO_IR 144'), 'Люксембург');
  assert.equal(nameOf('', 'ISO_IR 101'), 'ťîÚáŐÜŃăŕÓ');
  assert.equal(nameOf('ISO_IR 144', 'ISO_IR 101'), 'Люксембург');
});
