import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson } from '#sync/core/canonical-json.ts';
import { expectOk } from '#sync/core/result.ts';
import { buildDeliveryReceipt, parseReceipt } from '#sync/letters/receipt.ts';
import { deliveryReceipt, digest, manifest, reportReceipt, study } from './samples.ts';

const delivered = (name: string) => ({
  originalDigest: digest(name),
  deliveredDigest: digest(name),
  destination: 'PACS',
  transforms: [],
});

test('a delivery receipt names its manifest and every instance', () => {
  const receipt = expectOk(
    parseReceipt(deliveryReceipt.meta, deliveryReceipt.payload, 'to-clinic'),
  );
  assert.deepEqual(receipt, {
    v: 1,
    type: 'delivery',
    study,
    manifest: digest('manifest'),
    list: 3,
    instances: [delivered('a'), delivered('b')],
  });
});

test('a receipt for thousands of instances keeps a small meta', () => {
  const instances = Array.from({ length: 5_000 }, (_, index) => delivered(String(index)));
  const built = buildDeliveryReceipt({ study, manifest: digest('m'), list: 1, instances });
  assert.ok(canonicalJson(built.meta).length < 400);
  const receipt = expectOk(parseReceipt(built.meta, built.payload, 'to-clinic'));
  assert.deepEqual(receipt.type === 'delivery' && receipt.instances, instances);
});

test('a report receipt is read back', () => {
  const { meta, payload } = reportReceipt;
  assert.deepEqual(expectOk(parseReceipt(meta, payload, 'to-center')), meta);
});

test('a receipt in the wrong direction is an alarm', () => {
  const wrong = [
    parseReceipt(deliveryReceipt.meta, deliveryReceipt.payload, 'to-center'),
    parseReceipt(reportReceipt.meta, reportReceipt.payload, 'to-clinic'),
  ];
  for (const parsed of wrong) assert.ok(!parsed.ok && parsed.fault.kind === 'letter/direction');
});

test('a payload that does not fit is refused', () => {
  const { meta, payload } = deliveryReceipt;
  const bad = [
    parseReceipt({ ...meta, instanceCount: 3 }, payload, 'to-clinic'),
    parseReceipt(meta, new Uint8Array(0), 'to-clinic'),
    parseReceipt(reportReceipt.meta, payload, 'to-center'),
  ];
  for (const parsed of bad) assert.ok(!parsed.ok && parsed.fault.kind === 'letter/payload');
  assert.equal(parseReceipt(meta, manifest.payload, 'to-clinic').ok, false);
});

test('a receipt without instances or with strange fields is refused', () => {
  const header = { study, manifest: digest('m'), list: 1 };
  assert.throws(() => buildDeliveryReceipt({ ...header, instances: [] }));
  const changes = [{ v: 2 }, { type: 'read' }, { manifest: 'x' }, { study: 'x' }, { more: 1 }];
  for (const change of changes) {
    const meta = { ...deliveryReceipt.meta, ...change };
    assert.equal(parseReceipt(meta, deliveryReceipt.payload, 'to-clinic').ok, false);
  }
});
