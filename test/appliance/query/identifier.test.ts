import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuery, parseRetrieval } from '#appliance/query/identifier.ts';
import type { Root } from '#appliance/query/levels.ts';
import { encodeDataSet } from '#sync/dicom/dataset.ts';
import { dataSetOf } from '#sync/dicom/dataset-text.ts';
import { dimseStatus } from '#sync/dimse/command.ts';
import { explicitLittleEndianUid } from '#sync/dimse/uids.ts';
import type { Keys } from '#test/support/query-world.ts';

const bytesOf = (keys: Keys) => encodeDataSet(dataSetOf(keys), explicitLittleEndianUid);
const query = (keys: Keys, root: Root = 'study') =>
  parseQuery(bytesOf(keys), explicitLittleEndianUid, root);
const retrieval = (keys: Keys, root: Root = 'study') =>
  parseRetrieval(bytesOf(keys), explicitLittleEndianUid, root);

test('a query below the top names everything above it, with one value each', () => {
  const refused: readonly (readonly [Keys, Root])[] = [
    [{ QueryRetrieveLevel: 'SERIES' }, 'study'],
    [{ QueryRetrieveLevel: 'SERIES', StudyInstanceUID: '1.2\\1.3' }, 'study'],
    [{ QueryRetrieveLevel: 'SERIES', StudyInstanceUID: '*' }, 'study'],
    [{ QueryRetrieveLevel: 'IMAGE', StudyInstanceUID: '1.2' }, 'study'],
    [{ QueryRetrieveLevel: 'STUDY' }, 'patient'],
    [{ QueryRetrieveLevel: 'STUDY', PatientID: 'P*' }, 'patient'],
    [{ QueryRetrieveLevel: 'PATIENT' }, 'study'],
    [{ QueryRetrieveLevel: 'WORKLIST' }, 'study'],
    [{ PatientID: 'P1' }, 'patient'],
    [{ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: 'x' }, 'study'],
    [{ QueryRetrieveLevel: 'STUDY', StudyDate: 'yesterday' }, 'study'],
  ];
  for (const [keys, root] of refused) {
    const read = query(keys, root);
    assert.equal(read.ok || read.fault.status, dimseStatus.mismatch, JSON.stringify(keys));
    assert.ok(read.ok || !/yesterday|P\*/.test(read.fault.comment), 'a comment without values');
  }
  assert.equal(query({ QueryRetrieveLevel: 'SERIES', StudyInstanceUID: '1.2' }).ok, true);
  assert.equal(query({ QueryRetrieveLevel: 'PATIENT', PatientID: 'P*' }, 'patient').ok, true);
});

test('a retrieval names what it wants, and other keys do not narrow it', () => {
  const read = retrieval({
    ...{ QueryRetrieveLevel: 'IMAGE', StudyInstanceUID: '1.2', SeriesInstanceUID: '1.3' },
    ...{ SOPInstanceUID: '1.4\\1.5', PatientName: 'NOBODY' },
  });
  assert.deepEqual(read.ok && read.value, {
    ...{ STUDY: ['1.2'], SERIES: ['1.3'], IMAGE: ['1.4', '1.5'] },
  });
  for (const keys of [
    { QueryRetrieveLevel: 'STUDY' },
    { QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '*' },
    { QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '1.2\\*' },
    { QueryRetrieveLevel: 'IMAGE', StudyInstanceUID: '1.2', SOPInstanceUID: '1.4' },
  ]) {
    assert.equal(retrieval(keys).ok, false, JSON.stringify(keys));
  }
  assert.equal(retrieval({ QueryRetrieveLevel: 'PATIENT', PatientID: '*' }, 'patient').ok, false);
});

test('a list of a thousand UIDs is read whole', () => {
  const uids = Array.from({ length: 1_000 }, (_, index) => `2.25.${index}`);
  const read = retrieval({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: uids.join('\\') });
  assert.deepEqual(read.ok && read.value.STUDY, uids);
});

test('no identifier, or one that cannot be read, is not understood', () => {
  for (const bytes of [undefined, Uint8Array.of(1, 2, 3)]) {
    const read = parseQuery(bytes, explicitLittleEndianUid, 'study');
    assert.equal(read.ok, false);
  }
});
