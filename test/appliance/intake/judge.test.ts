import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeDelivery } from '#appliance/intake/judge.ts';
import { uid } from '#sync/dicom/uid.ts';
import type { DeliveryReceipt } from '#sync/letters/receipt.ts';

const digest = 'a'.repeat(64);
const other = 'b'.repeat(64);
const manifest = {
  packId: 'c'.repeat(64),
  study: '2.25.1',
  center: 'd'.repeat(64),
  version: 2,
  listedDigests: new Set([digest]),
};

test('a receipt counts for what its manifest lists', () => {
  const judged = judgeDelivery(receipt(digest), manifest, manifest.center);
  assert.ok('counts' in judged && judged.counts.length === 1);
});

test('a receipt that answers nothing of this box, of this party or of this study counts for nothing', () => {
  const refused = [
    judgeDelivery(receipt(digest), undefined, manifest.center),
    judgeDelivery(receipt(digest), manifest, 'e'.repeat(64)),
    judgeDelivery({ ...receipt(digest), study: uid('2.25.9') }, manifest, manifest.center),
    judgeDelivery(receipt(digest), { ...manifest, listedDigests: undefined }, manifest.center),
    judgeDelivery(receipt(digest, other), manifest, manifest.center),
  ];
  for (const judged of refused) assert.ok('refusal' in judged && judged.refusal.length > 10);
});

function receipt(...digests: readonly string[]): DeliveryReceipt {
  return {
    v: 1,
    type: 'delivery',
    study: uid('2.25.1'),
    manifest: manifest.packId,
    list: 1,
    instances: digests.map((each) => ({
      originalDigest: each,
      deliveredDigest: each,
      destination: 'PACS',
      transforms: [],
    })),
  };
}
