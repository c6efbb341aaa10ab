import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentSizeBytes } from '#sync/wire/limits.ts';
import { type Order, orderSchema, orderText } from '#sync/wire/order.ts';
import type { PackId } from '#sync/wire/pack-id.ts';

const orderOf = (packs: number, holds: (packId: PackId, at: number) => boolean): Order => {
  const ids = Array.from({ length: packs }, (_, at) => String(at).padStart(64, '0') as PackId);
  return {
    ...{ format: 1, wake: 7 },
    packs: ids.map((packId) => ({
      ...{ packId, class: 2 },
      ...{ group: '00'.repeat(16), sizeBytes: 16_000_000 },
    })),
    holds: ids.filter(holds),
  };
};

test('an order of usual length is written as it is', () => {
  const order = orderOf(3, (_, at) => at === 1);
  assert.equal(orderText(order), JSON.stringify(order));
});

test('of an order too long for the agent the first packs are named, with their holds', () => {
  for (const holds of [() => false, () => true, (_: PackId, at: number) => at % 2 === 0]) {
    const order = orderOf(70_000, holds);
    const text = orderText(order);
    assert.ok(text.length <= documentSizeBytes);
    const written = orderSchema.parse(JSON.parse(text));
    assert.equal(written.wake, 7);
    assert.ok(written.packs.length > 35_000, `${written.packs.length} packs`);
    assert.deepEqual(written.packs, order.packs.slice(0, written.packs.length));
    const named = new Set(written.packs.map(({ packId }) => packId));
    assert.deepEqual(
      written.holds,
      order.holds.filter((packId) => named.has(packId)),
    );
  }
});
