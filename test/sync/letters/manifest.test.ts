import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeRanges } from '#sync/coding/coding.ts';
import { utf8 } from '#sync/core/bytes.ts';
import { expectOk } from '#sync/core/result.ts';
import {
  buildManifest,
  decodeInstanceList,
  encodeInstanceList,
  parseManifest,
} from '#sync/letters/manifest.ts';
import { digest, listed, manifest, manifestHeader } from './samples.ts';

function kindOf(meta: unknown, payload: Uint8Array): string {
  const parsed = parseManifest(meta, payload);
  return parsed.ok ? 'ok' : parsed.fault.kind;
}

test('a manifest with a list is read back', () => {
  const read = expectOk(parseManifest(manifest.meta, manifest.payload));
  assert.deepEqual(read, { meta: manifest.meta, instances: listed });
});

test('the first version has no list and an empty payload', () => {
  const first = buildManifest({ ...manifestHeader, version: 1 }, undefined);
  assert.equal(first.payload.length, 0);
  assert.equal(expectOk(parseManifest(first.meta, first.payload)).instances, undefined);
  assert.equal(kindOf(first.meta, manifest.payload), 'letter/payload');
});

test('an order travels with the manifest', () => {
  const order = { indication: 'fall', history: '', allergies: 'none', contact: 'ward 2' };
  const built = buildManifest({ ...manifestHeader, order }, listed);
  assert.deepEqual(expectOk(parseManifest(built.meta, built.payload)).meta.order, order);
  assert.equal(
    kindOf({ ...built.meta, order: { ...order, more: 1 } }, built.payload),
    'letter/meta',
  );
});

test('a list of another length than declared is refused', () => {
  assert.equal(kindOf({ ...manifest.meta, instanceCount: 3 }, manifest.payload), 'letter/payload');
  assert.throws(() => buildManifest({ ...manifestHeader, instanceCount: 1 }, listed), RangeError);
});

test('fields beyond their bounds are refused', () => {
  const bad = [
    { v: 2 },
    { version: 0 },
    { isStat: 'yes' },
    { patient: { ...manifest.meta.patient, name: 'x'.repeat(1_025) } },
    { patient: { ...manifest.meta.patient, id: '\ud800' } },
    { patient: { id: 'DEMO-1' } },
    { accessionNumber: null },
    { study: '' },
    { instanceCount: 50_001 },
    { list: 1 },
  ];
  for (const change of bad) {
    assert.equal(kindOf({ ...manifest.meta, ...change }, manifest.payload), 'letter/meta');
  }
});

test('a list that is not canonical, not JSON, not compressed or not a list is refused', () => {
  const texts = ['', '[', '[ ]', '{}', '[1]', '"x"', `[${'['.repeat(9)}${']'.repeat(9)}]`];
  for (const text of texts) {
    const read = decodeInstanceList(codeRanges(1, [utf8(text)]));
    assert.equal(read.ok, false, text);
  }
  assert.equal(decodeInstanceList(utf8('[]')).ok, false);
});

test('a study of thousands of instances fits', () => {
  const many = Array.from({ length: 5_000 }, (_, index) => ({
    sopInstanceUid: `1.2.840.113619.2.55.3.604688119.868.1.${index}`,
    sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
    seriesInstanceUid: null,
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    datasetSha256: digest(String(index)),
    sizeBytes: 525_574,
  }));
  const payload = encodeInstanceList(many);
  assert.ok(payload.length < 300_000);
  assert.deepEqual(expectOk(decodeInstanceList(payload)), many);
});
