import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describedBy } from '#appliance/query/describe.ts';
import { answerOf } from '#appliance/query/find.ts';
import { parseQuery, parseRetrieval } from '#appliance/query/identifier.ts';
import { seriesDescription } from '#appliance/query/levels.ts';
import { narrowingOf } from '#appliance/query/narrow.ts';
import { encodeDataSet } from '#sync/dicom/dataset.ts';
import { dataSetOf } from '#sync/dicom/dataset-text.ts';
import { explicitLittleEndianUid, implicitLittleEndianUid } from '#sync/dimse/uids.ts';
import { fuzzBytes } from '#test/support/fuzz.ts';
import { syntheticSlice } from '#test/support/synthetic-ct.ts';

const samples = [
  dataSetOf({ QueryRetrieveLevel: 'STUDY', PatientName: 'TEST*', StudyDate: '20260101-' }),
  dataSetOf({ QueryRetrieveLevel: 'PATIENT', PatientID: '?1', PatientBirthDate: '' }),
  dataSetOf({ QueryRetrieveLevel: 'SERIES', StudyInstanceUID: '1.2', SeriesTime: '10-11' }),
  dataSetOf({ QueryRetrieveLevel: 'STUDY', StudyInstanceUID: '1.2\\1.3', PatientID: 'P1' }),
].map((dataset) => encodeDataSet(dataset, explicitLittleEndianUid));

test('an identifier of any bytes is a query whose answer can be written, or it is refused', () =>
  fuzzBytes('parseQuery, parseRetrieval', samples, (bytes) => {
    for (const syntax of [explicitLittleEndianUid, implicitLittleEndianUid]) {
      for (const root of ['patient', 'study'] as const) {
        const retrieval = parseRetrieval(bytes, syntax, root);
        if (!retrieval.ok) assert.match(retrieval.fault.comment, /^[ -~]{1,64}$/);
        const query = parseQuery(bytes, syntax, root);
        if (!query.ok) {
          assert.match(query.fault.comment, /^[ -~]{1,64}$/);
          continue;
        }
        narrowingOf(query.value);
        const entry = { PatientName: 'TEST^ALPHA', Rows: '16', StudyDate: '20260105' };
        for (const { test: fits } of query.value.keys.values()) fits?.('20260105');
        encodeDataSet(answerOf(query.value, entry, 'OUTPOST'), syntax);
      }
    }
  }));

test('a head of any bytes gives texts, or none', () => {
  const { part10, fileHeaderSizeBytes } = syntheticSlice({ seed: 1, slices: 1, rows: 16 }, 0);
  const head = part10.slice(fileHeaderSizeBytes, fileHeaderSizeBytes + 1_200);
  return fuzzBytes('describedBy', [head], (bytes) => {
    const values = describedBy(bytes, explicitLittleEndianUid, seriesDescription);
    for (const text of Object.values(values)) assert.ok(text.length <= 4_096);
  });
});
