import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { planNext } from '#sync/agent/plan.ts';
import { type Claim, noProgress, type Progress } from '#sync/agent/progress.ts';
import type { Order, SendingClass } from '#sync/wire/order.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';

const ids = Array.from({ length: 5 }, (_, n) => idOf(seededBytes('plan', n + 1)));
const id = (n: number): PackId => ids[n] ?? idOf(seededBytes('plan', 1));
const sizeBytes = 1_000;
const outgoing = ids.map((packId) => ({ packId, sizeBytes }));

const orderOf = (classes: readonly SendingClass[]): Order => ({
  format: 1,
  wake: 0,
  packs: classes.map((packClass, n) => ({
    packId: id(n),
    class: packClass,
    group: '00'.repeat(16),
    sizeBytes,
  })),
});

const at =
  (known: Readonly<Record<number, Partial<Progress>>>) =>
  (packId: PackId): Progress => ({ ...noProgress, ...known[ids.indexOf(packId)] });

const stride = { pieceBytes: 300, aheadBytes: 700 };
const whole = { from: 0, to: sizeBytes, state: 'sent' } as const;

const next = (order: Order, known: Readonly<Record<number, Partial<Progress>>> = {}, nowMs = 0) => {
  const piece = planNext(order, outgoing, at(known), nowMs, stride);
  return piece === undefined ? undefined : ids.indexOf(piece.packId);
};

test('packs leave in the order of the list, from the confirmed offset', () => {
  assert.equal(next(orderOf([2, 2, 2])), 0);
  assert.equal(next(orderOf([2, 2, 2]), { 0: { isDone: true } }), 1);
  assert.deepEqual(planNext(orderOf([2]), outgoing, at({ 0: { offset: 900 } }), 0, stride), {
    packId: id(0),
    offset: 900,
    length: 100,
    sizeBytes,
    class: 2,
    isStat: false,
  });
});

test('a pack that is there whole but without a receipt is asked for with no byte', () => {
  const piece = planNext(orderOf([2]), outgoing, at({ 0: { offset: 1_000 } }), 0, stride);
  assert.equal(piece?.length, 0);
});

test('STAT leaves first, wherever it stands in the list', () => {
  assert.equal(next(orderOf([2, 2, 0])), 2);
});

test('while a STAT pack is under way nothing else starts', () => {
  assert.equal(next(orderOf([2, 0]), { 1: { claims: [whole], requests: 1 } }), undefined);
  assert.equal(next(orderOf([2, 0, 0]), { 1: { claims: [whole], requests: 1 } }), 2);
});

test('a STAT pack that is parked does not hold the others up', () => {
  assert.equal(next(orderOf([2, 0]), { 1: { notBeforeMs: 50 } }), 0);
  assert.equal(next(orderOf([2, 0]), { 1: { notBeforeMs: 50 } }, 50), 1);
});

test('classes leave by their turns, and one that has none waits', () => {
  const piece = (turns: (1 | 2 | 3)[], known = {}) => {
    const found = planNext(orderOf([1, 2, 3, 0]), outgoing, at(known), 0, stride, turns);
    return found && ids.indexOf(found.packId);
  };
  assert.equal(piece([3, 2, 1]), 3, 'STAT waits for no turn');
  const isSent = { 3: { isDone: true } };
  assert.equal(piece([3, 2, 1], isSent), 2);
  assert.equal(piece([2, 1], isSent), 1);
  assert.equal(piece([3, 2], { ...isSent, 2: { isDone: true } }), 1, 'the link is not left idle');
  assert.equal(piece([], isSent), undefined);
});

test('held, busy, parked and unlisted packs wait', () => {
  assert.equal(next(orderOf([2, 2]), { 0: { claims: [whole], requests: 1 } }), 1);
  assert.equal(next(orderOf([2, 2]), { 0: { notBeforeMs: 1 } }), 1);
  assert.equal(next(orderOf([])), undefined);
  const gone = planNext(orderOf([2]), [], at({}), 0, stride);
  assert.equal(gone, undefined, 'a listed pack whose file is gone is passed over');
});

test('a piece always lies inside its pack', () => {
  fc.assert(
    fc.property(fc.nat({ max: 3_000 }), fc.integer({ min: 1, max: 3_000 }), (offset, size) => {
      const piece = planNext(orderOf([2]), outgoing, at({ 0: { offset } }), 0, {
        pieceBytes: size,
        aheadBytes: size,
      });
      assert.ok(piece !== undefined && piece.length >= 0);
      assert.ok(piece.offset + piece.length <= sizeBytes);
    }),
  );
});

test('a short rest goes with the piece before it', () => {
  const lengthAt = (offset: number) =>
    planNext(orderOf([2]), outgoing, at({ 0: { offset } }), 0, stride)?.length;
  assert.equal(lengthAt(549), 300);
  assert.equal(lengthAt(550), 450);
});

const rangeOf = (known: Partial<Progress>) => {
  const piece = planNext(orderOf([2]), outgoing, at({ 0: known }), 0, stride);
  return piece && [piece.offset, piece.length];
};
const claim = (from: number, to: number, state: Claim['state'] = 'sent') => ({ from, to, state });

test('requests of one pack follow one another without waiting for an answer', () => {
  assert.deepEqual(rangeOf({ requests: 1, claims: [claim(0, 300)] }), [300, 300]);
  assert.deepEqual(rangeOf({ requests: 1, offset: 300, claims: [claim(300, 600)] }), [600, 400]);
});

test('a hole that a failed request left is sent first', () => {
  const claims = [claim(0, 300), claim(500, 800, 'answered')];
  assert.deepEqual(rangeOf({ requests: 1, claims }), [300, 200]);
});

test('no piece ends further ahead than the relay can hold', () => {
  assert.deepEqual(rangeOf({ requests: 2, claims: [claim(0, 300), claim(300, 600)] }), undefined);
});

test('a relay that takes nothing ahead gets one request at a time', () => {
  assert.equal(rangeOf({ requests: 1, isNarrow: true, claims: [claim(0, 300)] }), undefined);
  assert.deepEqual(rangeOf({ isNarrow: true, offset: 300 }), [300, 300]);
});

test('a receipt is asked for only when no request of the pack is under way', () => {
  assert.equal(rangeOf({ requests: 1, offset: sizeBytes }), undefined);
});

test('the last bytes are dealt out to all requests, in pieces that are not too short', () => {
  const large = [{ packId: id(0), sizeBytes: 1_000_000 }];
  const dealt = (offset: number, claims: readonly Claim[] = []): number | undefined =>
    planNext(orderOf([2]), large, at({ 0: { offset, claims } }), 0, {
      ...{ pieceBytes: 64_000, aheadBytes: 4_000_000, parallel: 8 },
    })?.length;
  assert.equal(dealt(0), 64_000);
  assert.equal(dealt(680_000), 40_000, 'an eighth of the rest');
  assert.equal(dealt(0, [{ from: 0, to: 680_000, state: 'sent' }]), 40_000);
  assert.equal(dealt(950_000), 16 * 1024);
  assert.equal(dealt(990_000), 10_000);
});
