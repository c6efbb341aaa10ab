import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { expectOk } from '#sync/core/result.ts';
import { readAttributes } from '#sync/dicom/attributes.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';
import {
  type SyntheticInstance,
  syntheticPdfReport,
  syntheticStudy,
  syntheticTextReport,
} from './synthetic-ct.ts';

function assertReadBack(instance: SyntheticInstance): void {
  const header = expectOk(readFileHeader(instance.part10));
  const { fileHeaderSizeBytes, sopClassUid, sopInstanceUid, transferSyntaxUid } = instance;
  assert.deepEqual(header, { fileHeaderSizeBytes, sopClassUid, sopInstanceUid, transferSyntaxUid });
  const dataset = instance.part10.subarray(fileHeaderSizeBytes);
  assert.deepEqual(expectOk(readAttributes(dataset, header, true)), instance.attributes);
  assert.equal(datasetSha256(dataset), instance.datasetSha256);
}

test('every object is what it says it is', () => {
  for (const modality of ['CT', 'CR', 'MR'] as const) {
    syntheticStudy({ seed: 3, slices: 3, rows: 64, modality }).forEach(assertReadBack);
  }
  assertReadBack(syntheticPdfReport());
});

test('the same seed gives the same bytes, another seed another study', () => {
  const digests = (seed: number) =>
    syntheticStudy({ seed, slices: 2, rows: 32 }).map(({ part10 }) => datasetSha256(part10));
  assert.deepEqual(digests(1), digests(1));
  assert.equal(new Set([...digests(1), ...digests(2)]).size, 4);
});

test('a slice has the size and the compressibility of a real CT', () => {
  const [slice] = syntheticStudy({ seed: 1, slices: 1 });
  assert.ok(slice);
  assert.ok(slice.part10.length > 520_000 && slice.part10.length < 530_000);
  const ratio = slice.part10.length / zstdCompressSync(slice.part10).length;
  assert.ok(ratio > 2 && ratio < 3.5, `ratio ${ratio}`);
});

test('a report belongs to the study it is made for', () => {
  const [slice] = syntheticStudy({ seed: 9, slices: 1, rows: 32, patientName: 'TEST^BRAVO' });
  assert.ok(slice);
  const report = syntheticPdfReport({ study: slice.attributes });
  assert.equal(report.attributes.studyInstanceUid, slice.attributes.studyInstanceUid);
  assert.equal(report.attributes.patientName, 'TEST^BRAVO');
  assert.ok(Buffer.from(report.part10).includes(Buffer.from(report.pdf)));
  assert.match(new TextDecoder().decode(syntheticTextReport()), /Impression/);
});
