import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBoard } from '#sync/agent/board.ts';
import { createGate, freeGateRules } from '#sync/agent/gate.ts';
import type { Running } from '#sync/agent/running.ts';
import { createSharing } from '#sync/agent/sharing.ts';
import { createValve } from '#sync/agent/valve.ts';
import type { SendingClass } from '#sync/wire/order.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';

const sizeBytes = 1_000_000;

/** Parties that share a link, each with packs of the classes named, and a relay that answers. */
function openLink(...parties: readonly (readonly SendingClass[])[]) {
  const clock = createVirtualClock();
  const ledger = { usedBytes: () => 0, count: async () => undefined, settle: () => undefined };
  const valve = createValve(clock);
  const sharing = createSharing(clock, createGate(clock, freeGateRules, ledger), valve);
  const shares = parties.map((classes, party) => {
    const board = createBoard(clock, sharing.meter);
    const packs = classes.map((of, n) => {
      const packId = idOf(seededBytes(`${party} ${n}`, 8));
      return { packId, class: of, group: '00'.repeat(16), sizeBytes };
    });
    board.order = { format: 1, wake: 0, packs };
    board.outgoing = packs;
    board.contact();
    const running = new Set<Running>();
    return { board, running, ...sharing.join(board, running) };
  });
  return { clock, shares };
}

test('a party that is alone has all turns', () => {
  const { shares } = openLink([2]);
  assert.deepEqual(shares[0]?.gate.turns(), [1, 2, 3]);
});

test('STAT of one party keeps the other from starting anything', async () => {
  const { clock, shares } = openLink([0], [2]);
  const [urgent, other] = shares;
  assert.deepEqual(other?.gate.turns(), []);
  const upload: Running = { isStat: true, sizeBytes, stop: () => undefined };
  urgent?.running.add(upload);
  clock.advance(60_000);
  assert.deepEqual(other?.gate.turns(), [], 'as long as it is under way');
  const stopped: string[] = [];
  other?.running.add({ isStat: false, sizeBytes, stop: () => stopped.push('bulk') });
  for (const each of urgent?.rivals() ?? []) each.stop();
  assert.deepEqual(stopped, ['bulk'], 'what is under way at the other makes way');
  urgent?.running.delete(upload);
  urgent?.leave();
  assert.deepEqual(other?.gate.turns(), [1, 2, 3]);
});

test('classes share the link by their weights, whichever party has them', async () => {
  const { shares } = openLink([1], [3]);
  const sent = [0, 0];
  for (let piece = 0; piece < 150; piece++) {
    for (const [index, share] of shares.entries()) {
      const of = index === 0 ? 1 : 3;
      if (share.gate.turns()[0] === undefined) continue;
      await share.gate.spend(of, 10_000);
      sent[index] = (sent[index] ?? 0) + 1;
    }
  }
  const [urgent = 0, bulk = 0] = sent;
  assert.ok(
    urgent / bulk > 10 && urgent / bulk < 18,
    `${urgent} urgent to ${bulk} bulk, 14 wanted`,
  );
});

test('a party whose relay takes nothing holds the others up for two seconds at most', async () => {
  const { clock, shares } = openLink([1], [3]);
  const other = shares[1];
  assert.deepEqual(other?.gate.turns(), [], 'it is the turn of the urgent pack');
  const seen = other?.board.bell.count() ?? 0;
  clock.advance(2_100);
  await Promise.resolve();
  await Promise.resolve();
  assert.ok((other?.board.bell.count() ?? 0) > seen, 'it looks again by itself');
  assert.deepEqual(other?.gate.turns(), [1, 2, 3]);
});

test('a party whose link is down holds nobody up', () => {
  const { shares } = openLink([0], [3]);
  const [down, other] = shares;
  if (down) down.board.link = 'down';
  assert.deepEqual(other?.gate.turns(), [1, 2, 3]);
});

test('what one relay acknowledges is known of the link to all', () => {
  const { clock, shares } = openLink([2], [2]);
  clock.advance(1_000);
  shares[0]?.board.acknowledged({ fromMs: 0, toMs: 1_000, sizeBytes: 250_000 });
  assert.ok((shares[1]?.board.rate() ?? 0) > 0);
});
