import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, utf8 } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { explicitLittleEndian, implicitLittleEndian } from '#sync/dicom/element.ts';
import { buildFileHeader, implementationClassUid, readFileHeader } from '#sync/dicom/part10.ts';
import { leastElements, sopClass, sopInstance, type Written, written } from './dataset.ts';

const ids = {
  sopClassUid: sopClass,
  sopInstanceUid: sopInstance,
  transferSyntaxUid: '1.2.840.10008.1.2.1',
};
const header = buildFileHeader({ ...ids, sendingAeTitle: 'CT_1' });
const dataset = written(leastElements);

const group2: readonly Written[] = [
  [0x00020002, 'UI', sopClass],
  [0x00020003, 'UI', sopInstance],
  [0x00020010, 'UI', '1.2.840.10008.1.2.1\0'],
];
const preamble = concat(new Uint8Array(128), utf8('DICM'));

test('a header that was built is read back', () => {
  const read = expectOk(readFileHeader(concat(header, dataset)));
  assert.deepEqual(read, { fileHeaderSizeBytes: header.length, ...ids });
  assert.deepEqual(expectOk(readFileHeader(header)), read);
});

test('the same input builds the same header, which names this software', () => {
  assert.deepEqual(buildFileHeader({ ...ids, sendingAeTitle: 'CT_1' }), header);
  assert.ok(Buffer.from(header).includes(implementationClassUid));
  assert.ok(Buffer.from(header).includes('OUTPOST_1'));
});

test('an AE title is cut, cleaned, or left out', () => {
  const long = buildFileHeader({ ...ids, sendingAeTitle: 'ÄE-TITLE-OF-MORE-THAN-16' });
  assert.ok(Buffer.from(long).includes('?E-TITLE-OF-MORE'));
  const none = buildFileHeader({ ...ids, sendingAeTitle: '' });
  assert.equal(header.length - none.length, 12);
});

test('the preamble may hold anything', () => {
  const tiff = header.slice();
  tiff.set(utf8('II*\0'), 0);
  assert.ok(readFileHeader(tiff).ok);
});

test('a missing or wrong group length is borne', () => {
  const without = concat(preamble, written(group2));
  assert.equal(
    expectOk(readFileHeader(concat(without, dataset))).fileHeaderSizeBytes,
    without.length,
  );
  for (const length of [0, 3, 7, 5_000]) {
    const value = new Uint8Array(4);
    new DataView(value.buffer).setUint32(0, length, true);
    const wrong = concat(preamble, written([[0x00020000, 'UL', value], ...group2]));
    const read = expectOk(readFileHeader(concat(wrong, dataset)));
    assert.equal(read.fileHeaderSizeBytes, wrong.length);
  }
});

test('elements of group 0002 inside the dataset stay in the dataset', () => {
  const stray = written([[0x00020013, 'SH', 'STRAY1'], ...leastElements]);
  assert.equal(expectOk(readFileHeader(concat(header, stray))).fileHeaderSizeBytes, header.length);
});

test('an implicit group 0002 is borne', () => {
  const implicit = concat(preamble, written(group2, implicitLittleEndian));
  assert.equal(expectOk(readFileHeader(implicit)).sopInstanceUid, sopInstance);
});

test('the SOP UIDs of the dataset win over those of the header', () => {
  const other = buildFileHeader({ ...ids, sopInstanceUid: '2.25.99', sendingAeTitle: '' });
  assert.equal(expectOk(readFileHeader(concat(other, dataset))).sopInstanceUid, sopInstance);
  assert.equal(expectOk(readFileHeader(other)).sopInstanceUid, '2.25.99');
});

test('a header without SOP UIDs takes those of the dataset', () => {
  const bare = concat(preamble, written(group2.slice(2)));
  assert.equal(expectOk(readFileHeader(concat(bare, dataset))).sopClassUid, sopClass);
  assert.equal(readFileHeader(bare).ok, false);
});

test('what is not Part 10 is refused with a reason', () => {
  const refusals: readonly (readonly [string, Uint8Array])[] = [
    ['dicom/not-part10', new Uint8Array(0)],
    ['dicom/not-part10', new Uint8Array(4_096)],
    ['dicom/not-part10', utf8('%PDF-1.4\n'.repeat(100))],
    ['dicom/not-part10', dataset],
    ['dicom/file-header', preamble],
    ['dicom/file-header', header.subarray(0, header.length - 1)],
    ['dicom/file-header', header.subarray(0, 200)],
    ['dicom/file-header', concat(preamble, written(group2.slice(0, 2)), dataset)],
    [
      'dicom/file-header',
      concat(preamble, written([[0x00020003, 'UI', '../../x'], ...group2.slice(2)])),
    ],
    [
      'dicom/file-header',
      concat(preamble, written([[0x00020102, 'OB', undefined]], explicitLittleEndian)),
    ],
  ];
  for (const [kind, bytes] of refusals) {
    const read = readFileHeader(bytes);
    assert.equal(read.ok ? 'ok' : read.fault.kind, kind);
  }
});

test('a damaged header never throws', () => {
  const whole = concat(header, dataset);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }),
      fc.nat(whole.length),
      (changes, length) => {
        const bytes = whole.slice(0, length);
        for (const [at, byte] of changes) if (at < length) bytes[at] = byte;
        const read = readFileHeader(bytes);
        assert.ok(!read.ok || read.value.fileHeaderSizeBytes <= length);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a header with a huge value of hostile length is read without trouble', () => {
  const huge: Written = [0x00020010, 'OB', new Uint8Array(2_000_000).fill(0x31)];
  assert.equal(readFileHeader(concat(preamble, written([huge]))).ok, false);
});
