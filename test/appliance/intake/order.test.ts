import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bulkAgesMs, inSendingOrder, orderOf } from '#appliance/intake/order.ts';
import type { OpenPack } from '#appliance/ports-waiting.ts';
import { orderSchema } from '#sync/wire/order.ts';

const nowMs = bulkAgesMs * 10;
const packOf = (digit: string, change: Partial<OpenPack> = {}): OpenPack => ({
  packId: digit.repeat(64),
  center: 'aa'.repeat(32),
  class: 2,
  isLetter: false,
  waitingSinceMs: nowMs,
  group: digit.repeat(32),
  sizeBytes: 1,
  study: digit,
  ...change,
});
const told = (packs: readonly OpenPack[]) =>
  inSendingOrder(packs, nowMs)
    .map(({ packId }) => packId.slice(0, 1))
    .join('');

test('STAT first, letters before images of their class, then the study that waits longest', () => {
  const packs = [
    packOf('a', { waitingSinceMs: nowMs - 1 }),
    packOf('b', { waitingSinceMs: nowMs - 5 }),
    packOf('c', { class: 0 }),
    packOf('d', { class: 1, waitingSinceMs: 0 }),
    packOf('e', { class: 1, isLetter: true }),
  ];
  assert.equal(told(packs), 'cedba');
});

test('bulk that waited a day stands in line with routine, by its age', () => {
  const fresh = packOf('b', { class: 3, waitingSinceMs: nowMs - bulkAgesMs + 1 });
  const old = packOf('c', { class: 3, waitingSinceMs: nowMs - bulkAgesMs });
  assert.equal(told([packOf('a'), fresh, old]), 'cab');
  const order = orderOf(inSendingOrder([old, fresh], nowMs), 0);
  assert.deepEqual(
    order.packs.map((pack) => pack.class),
    [2, 3],
  );
});

test('however old routine is, a new urgent study and STAT come before it', () => {
  const old = packOf('a', { waitingSinceMs: 0 });
  assert.equal(told([old, packOf('b', { class: 1 }), packOf('c', { class: 0 })]), 'cba');
});

const packs = fc.array(
  fc.record({
    digit: fc.constantFrom(...'0123456789abcdef'),
    class: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
    isLetter: fc.boolean(),
    waitingSinceMs: fc.integer({ min: nowMs - 2 * bulkAgesMs, max: nowMs + bulkAgesMs }),
  }),
);

test('nothing is lost or doubled, packs of a study keep their order, and the agent can read it', () => {
  fc.assert(
    fc.property(packs, (made) => {
      const open = made.map(({ digit, ...pack }, n) =>
        packOf(digit, { ...pack, packId: n.toString(16).padStart(64, '0') }),
      );
      const order = inSendingOrder(open, nowMs);
      assert.deepEqual(
        order.map(({ packId }) => packId).sort(),
        open.map(({ packId }) => packId).sort(),
      );
      for (const [at, pack] of order.entries()) {
        const later = order.slice(at + 1);
        const same = later.filter(
          (each) =>
            each.group === pack.group &&
            each.class === pack.class &&
            each.isLetter === pack.isLetter &&
            each.waitingSinceMs === pack.waitingSinceMs,
        );
        assert.ok(
          same.every(({ packId }) => packId > pack.packId),
          'as they were sealed',
        );
        assert.ok(later.every((each) => each.class >= pack.class));
      }
      assert.ok(orderSchema.safeParse(orderOf(order, 1)).success);
    }),
  );
});
