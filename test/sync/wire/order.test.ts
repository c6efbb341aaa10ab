import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentSizeBytes } from '#sync/wire/limits.ts';
import { type Order, orderSchema, orderText } from '#sync/wire/order.ts';
import type { PackId } from '#sync/wire/pack-id.ts';

const orderOf = (packs: number): Order => ({
  ...{ format: 1, wake: 7 },
  packs: Array.from({ length: packs }, (_, at) => ({
    ...{ packId: String(at).padStart(64, '0') as PackId, class: 2 },
    ...{ group: '00'.repeat(16), sizeBytes: 16_000_000 },
  })),
});

test('an order of usual length is written as it is', () => {
  const order = orderOf(3);
  assert.equal(orderText(order), JSON.stringify(order));
});

test('of an order too long for the agent the first packs are named', () => {
  const order = orderOf(70_000);
  const text = orderText(order);
  assert.ok(text.length <= documentSizeBytes);
  const written = orderSchema.parse(JSON.parse(text));
  assert.equal(written.wake, 7);
  assert.ok(written.packs.length > 35_000, `${written.packs.length} packs`);
  assert.deepEqual(written.packs, order.packs.slice(0, written.packs.length));
});
