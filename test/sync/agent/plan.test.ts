import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { noProgress, type Progress, planNext } from '#sync/agent/plan.ts';
import type { Order, SendingClass } from '#sync/wire/order.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';

const ids = Array.from({ length: 5 }, (_, n) => idOf(seededBytes('plan', n + 1)));
const id = (n: number): PackId => ids[n] ?? idOf(seededBytes('plan', 1));
const sizeBytes = 1_000;
const outgoing = ids.map((packId) => ({ packId, sizeBytes }));

const orderOf = (classes: readonly SendingClass[], holds: readonly PackId[] = []): Order => ({
  format: 1,
  wake: 0,
  packs: classes.map((packClass, n) => ({
    packId: id(n),
    class: packClass,
    group: '00'.repeat(16),
    sizeBytes,
  })),
  holds: [...holds],
});

const at =
  (known: Readonly<Record<number, Partial<Progress>>>) =>
  (packId: PackId): Progress => ({ ...noProgress, ...known[ids.indexOf(packId)] });

const next = (order: Order, known: Readonly<Record<number, Partial<Progress>>> = {}, nowMs = 0) => {
  const piece = planNext(order, outgoing, at(known), nowMs, () => 300);
  return piece === undefined ? undefined : ids.indexOf(piece.packId);
};

test('packs leave in the order of the list, from the confirmed offset', () => {
  assert.equal(next(orderOf([2, 2, 2])), 0);
  assert.equal(next(orderOf([2, 2, 2]), { 0: { isDone: true } }), 1);
  assert.deepEqual(
    planNext(orderOf([2]), outgoing, at({ 0: { offset: 900 } }), 0, () => 300),
    {
      packId: id(0),
      offset: 900,
      length: 100,
      sizeBytes,
      isStat: false,
    },
  );
});

test('a pack that is there whole but without a receipt is asked for with no byte', () => {
  const piece = planNext(orderOf([2]), outgoing, at({ 0: { offset: 1_000 } }), 0, () => 300);
  assert.equal(piece?.length, 0);
});

test('STAT leaves first, wherever it stands in the list', () => {
  assert.equal(next(orderOf([2, 2, 0])), 2);
});

test('while a STAT pack is under way nothing else starts', () => {
  assert.equal(next(orderOf([2, 0]), { 1: { isBusy: true } }), undefined);
  assert.equal(next(orderOf([2, 0, 0]), { 1: { isBusy: true } }), 2);
});

test('a STAT pack that is parked does not hold the others up', () => {
  assert.equal(next(orderOf([2, 0]), { 1: { notBeforeMs: 50 } }), 0);
  assert.equal(next(orderOf([2, 0]), { 1: { notBeforeMs: 50 } }, 50), 1);
});

test('held, busy, parked and unlisted packs wait', () => {
  assert.equal(next(orderOf([2, 2], [id(0)])), 1);
  assert.equal(next(orderOf([2, 2]), { 0: { isBusy: true } }), 1);
  assert.equal(next(orderOf([2, 2]), { 0: { notBeforeMs: 1 } }), 1);
  assert.equal(next(orderOf([])), undefined);
  const gone = planNext(orderOf([2]), [], at({}), 0, () => 300);
  assert.equal(gone, undefined, 'a listed pack whose file is gone is passed over');
});

test('a piece always lies inside its pack', () => {
  fc.assert(
    fc.property(fc.nat({ max: 3_000 }), fc.integer({ min: 1, max: 3_000 }), (offset, size) => {
      const piece = planNext(orderOf([2]), outgoing, at({ 0: { offset } }), 0, () => size);
      assert.ok(piece !== undefined && piece.length >= 0);
      assert.ok(piece.offset + piece.length <= sizeBytes);
    }),
  );
});

test('a short rest goes with the piece before it', () => {
  const lengthAt = (offset: number) =>
    planNext(orderOf([2]), outgoing, at({ 0: { offset } }), 0, () => 300)?.length;
  assert.equal(lengthAt(549), 300);
  assert.equal(lengthAt(550), 450);
});

test('only what can still be sent shares the link', () => {
  const shared = (order: Order, known: Readonly<Record<number, Partial<Progress>>> = {}) =>
    planNext(order, outgoing, at(known), 0, (openPacks) => openPacks)?.length;
  assert.equal(shared(orderOf([2, 2, 2])), 3);
  assert.equal(shared(orderOf([2, 2, 2], [id(0)]), { 1: { isDone: true } }), 1);
});
