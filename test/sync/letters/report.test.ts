import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { buildReport, maxTextBytes, parseReport, reportDigest } from '#sync/letters/report.ts';
import { documents, report, reportHeader } from './samples.ts';

function kindOf(meta: unknown, payload = report.payload): string {
  const parsed = parseReport(meta, payload);
  return parsed.ok ? 'ok' : parsed.fault.kind;
}

test('a report is read back with its documents in order', () => {
  const read = expectOk(parseReport(report.meta, report.payload));
  assert.deepEqual(read, { meta: report.meta, documents });
});

test('the digest of a receipt is of all documents together', () => {
  assert.equal(reportDigest(report.payload), datasetSha256(...documents.map(({ bytes }) => bytes)));
});

test('a payload with one byte more, less or changed is refused', () => {
  assert.equal(kindOf(report.meta, concat(report.payload, Uint8Array.of(0))), 'letter/payload');
  assert.equal(kindOf(report.meta, report.payload.subarray(1)), 'letter/payload');
  for (let at = 0; at < report.payload.length; at++) {
    const changed = report.payload.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(kindOf(report.meta, changed), 'letter/payload');
  }
});

test('only a withdrawn report may be without a document', () => {
  const withdrawn = buildReport({ ...reportHeader, version: 2, status: 'withdrawn' }, []);
  assert.equal(kindOf(withdrawn.meta, withdrawn.payload), 'ok');
  assert.throws(() => buildReport(reportHeader, []));
});

test('text is UTF-8 and bounded', () => {
  const text = (bytes: Uint8Array) => [{ type: 'text/plain' as const, bytes }];
  assert.throws(() => buildReport(reportHeader, text(Uint8Array.of(0xff, 0xfe))), RangeError);
  assert.throws(
    () => buildReport(reportHeader, text(new Uint8Array(maxTextBytes + 1))),
    RangeError,
  );
  assert.ok(buildReport(reportHeader, text(new Uint8Array(maxTextBytes).fill(0x20))));
});

test('fields beyond their bounds are refused', () => {
  const bad = [
    { v: 2 },
    { report: '../r' },
    { report: '' },
    { version: 0 },
    { status: 'draft' },
    { manifest: 'none' },
    { patient: { id: '', birth: '', sex: '', name: 'TEST^ALPHA' } },
    { author: { name: 'TEST^READER' } },
    { signedOffAt: 'today' },
    { signedOffAt: '2026-01-05T10:00:00+01:00' },
    { critical: { code: 'C1', text: 'x'.repeat(501) } },
    { supersedes: '' },
    { list: -1 },
    { documents: [{ type: 'text/html', sha256: reportDigest(report.payload), length: 1 }] },
    { html: '<b>' },
  ];
  for (const change of bad) assert.equal(kindOf({ ...report.meta, ...change }), 'letter/meta');
});
