import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeCommitmentReport, parseCommitmentRequest } from '#appliance/commitment/messages.ts';
import { encodeDataSet } from '#sync/dicom/dataset.ts';
import { dataSetOf } from '#sync/dicom/dataset-text.ts';
import { explicitLittleEndianUid, implicitLittleEndianUid } from '#sync/dimse/uids.ts';
import { readReport } from '#test/support/commitment-client.ts';
import { fuzzBytes } from '#test/support/fuzz.ts';

const item = (sopClass: string, instance: string) =>
  dataSetOf({ ReferencedSOPClassUID: sopClass, ReferencedSOPInstanceUID: instance });
const request = (syntax: string, ...items: readonly ReturnType<typeof item>[]) =>
  encodeDataSet(dataSetOf({ TransactionUID: '1.9', ReferencedSOPSequence: items }), syntax);

test('a request is read in both encodings; an image named twice counts once', () => {
  for (const syntax of [implicitLittleEndianUid, explicitLittleEndianUid]) {
    const bytes = request(syntax, item('1.2', '1.2.3'), item('1.2', '1.2.4'), item('1.2', '1.2.3'));
    const parsed = parseCommitmentRequest(bytes, syntax);
    assert.ok(parsed.ok);
    const { transactionUid, references } = parsed.value;
    assert.equal(transactionUid, '1.9');
    assert.deepEqual(
      references.map(({ sopInstanceUid }) => sopInstanceUid),
      ['1.2.3', '1.2.4'],
    );
  }
});

test('a request that names nothing, or nothing legal, is refused', () => {
  const refused = (bytes: Uint8Array) => {
    const parsed = parseCommitmentRequest(bytes, implicitLittleEndianUid);
    return parsed.ok ? 'taken' : parsed.fault.comment;
  };
  assert.match(refused(request(implicitLittleEndianUid)), /No image/);
  assert.match(refused(request(implicitLittleEndianUid, item('x', '1.2'))), /no legal UID/);
  assert.match(refused(new Uint8Array()), /No legal Transaction/);
  assert.match(refused(Uint8Array.of(1, 2, 3)), /cannot be read/);
});

test('a report names each image once, and its type says whether all are committed', () => {
  const one = { sopClassUid: '1.2', sopInstanceUid: '1.2.3' };
  const failed = [{ ...one, sopInstanceUid: '1.2.4', failureReason: 0x0112 }];
  const told = (report: Parameters<typeof encodeCommitmentReport>[2]) => {
    const { eventTypeId, dataset } = encodeCommitmentReport(
      ...(['1.9', 'OUTPOST', report, implicitLittleEndianUid] as const),
    );
    return readReport(dataset, eventTypeId, 'OUTPOST');
  };
  const all = told({ committed: [one], failed: [] });
  assert.equal(all.eventTypeId, 1);
  assert.deepEqual([...all.images], [['1.2.3', 'committed']]);
  const some = told({ committed: [one], failed });
  assert.equal(some.eventTypeId, 2);
  assert.deepEqual(
    [...some.images],
    [
      ['1.2.3', 'committed'],
      ['1.2.4', 0x0112],
    ],
  );
});

test('whatever a device asks is read in bounds or refused', () => {
  const samples = [
    request(implicitLittleEndianUid, item('1.2', '1.2.3')),
    request(
      implicitLittleEndianUid,
      ...Array.from({ length: 20 }, (_, at) => item('1.2', `1.2.${at}`)),
    ),
  ];
  return fuzzBytes('parseCommitmentRequest', samples, (bytes) => {
    const parsed = parseCommitmentRequest(bytes, implicitLittleEndianUid);
    if (!parsed.ok) return assert.ok(parsed.fault.status > 0);
    assert.ok(parsed.value.references.length > 0);
    assert.ok(parsed.value.references.length <= bytes.length / 8);
  });
});
