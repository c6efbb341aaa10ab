import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { codeRanges } from '#sync/coding/coding.ts';
import { utf8 } from '#sync/core/bytes.ts';
import { canonicalJson, type Json } from '#sync/core/canonical-json.ts';
import type { Result } from '#sync/core/result.ts';
import { buildControlToCenter, buildControlToClinic, parseControl } from '#sync/letters/control.ts';
import { decodeData, parseDataMeta } from '#sync/letters/data.ts';
import { type LetterFault, parseMeta } from '#sync/letters/fields.ts';
import { parseLetter } from '#sync/letters/letter.ts';
import { decodeList } from '#sync/letters/list.ts';
import { decodeInstanceList, parseManifest } from '#sync/letters/manifest.ts';
import { parseReceipt } from '#sync/letters/receipt.ts';
import { parseReport } from '#sync/letters/report.ts';
import { fuzzBytes, fuzzJson } from '#test/support/fuzz.ts';
import { data, deliveryReceipt, digest, manifest, report, reportReceipt } from './samples.ts';

const toCenter = buildControlToCenter({
  ...{ v: 1, register: 'heartbeat', version: 3, at: '2026-01-05T10:00:00.000Z', software: '0.1.0' },
  counts: { studies: 1, instances: 2, onlyHere: 0, needHelp: 0 },
  ...{ diskUsedPercent: 12.5, auditHead: null },
});
const toClinic = buildControlToClinic({
  ...{
    v: 1,
    register: 'please-resend',
    version: 1,
    list: 3,
    reason: 'unreadable',
    study: '2.25.2',
  },
  ...{ packs: [digest('pack')], instances: [] },
});
const addressee = buildControlToCenter({
  ...{ v: 1, register: 'addressee', version: 2, study: '2.25.2', isYours: false },
});
const letters = [
  { kind: 'data', ...data },
  { kind: 'manifest', ...manifest },
  { kind: 'report', ...report },
  { kind: 'receipt', ...deliveryReceipt },
  { kind: 'receipt', ...reportReceipt },
  { kind: 'control', ...toCenter },
  { kind: 'control', ...toClinic },
  { kind: 'control', ...addressee },
] as const;

/** A fault names fields and reasons; the sender's own text may be a patient's name, or an attack on a screen. */
function assertFault(result: Result<unknown, LetterFault>): void {
  if (result.ok) return;
  assert.match(result.fault.kind, /^letter\//);
  assert.doesNotMatch(result.fault.message, /TEST\^|[\p{Cc}\p{Cf}]|passwd|__proto__|2\.25\./u);
  assert.ok(result.fault.message.length < 2_000);
}

for (const { kind, meta, payload } of letters) {
  test(`a ${kind} (${'type' in meta ? meta.type : 'register' in meta ? meta.register : 'one'}) of any form is read or refused without its values`, () =>
    fuzzJson(
      `parseLetter ${kind}`,
      [meta],
      (value) => {
        for (const direction of ['to-center', 'to-clinic'] as const) {
          assertFault(parseLetter(kind, value as Json, payload, direction));
        }
      },
      { rounds: 400 },
    ));
}

test('a payload that was changed is refused', async () => {
  await fuzzBytes('parseReport payload', [report.payload], (bytes) => {
    const parsed = parseReport(report.meta, bytes);
    assertFault(parsed);
    assert.equal(parsed.ok, same(bytes, report.payload));
  });
  await fuzzBytes('parseManifest payload', [manifest.payload], (bytes) => {
    const listed = decodeInstanceList(bytes);
    assertFault(listed);
    const read = parseManifest(manifest.meta, bytes);
    assertFault(read);
    assert.ok(listed.ok || !read.ok);
  });
  await fuzzBytes('parseReceipt payload', [deliveryReceipt.payload], (bytes) => {
    assertFault(parseReceipt(deliveryReceipt.meta, bytes, 'to-clinic'));
  });
  await fuzzBytes('decodeData payload', [data.payload], (bytes) => {
    const pieces = decodeData(data.meta, bytes);
    assertFault(pieces);
    if (pieces.ok)
      assert.deepEqual(
        pieces.value.map(({ length }) => length),
        [4, 5],
      );
    assertFault(parseDataMeta(data.meta, bytes.length));
    assert.equal(parseControl(toCenter.meta, bytes, 'to-center').ok, bytes.length === 0);
  });
});

test('a list of any JSON is read or refused', () =>
  fuzzJson('decodeList', [[{ a: 1 }, { a: 2 }]], (value) => {
    const text = JSON.stringify(value) ?? '';
    if (/\\ud[89a-f]/.test(text)) return;
    const payload = codeRanges(1, [utf8(canonicalJson(JSON.parse(text)))]);
    const schema = z.array(z.strictObject({ a: z.int() }));
    assertFault(decodeList('list', schema, payload));
    assertFault(parseMeta('list', schema, value));
  }));

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
