import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { turnSchema } from '#appliance/api/contract-sending.ts';
import { bulkAgesMs } from '#appliance/intake/order.ts';
import { causeText, clockText, queueOf, sendingOf, waitText } from '#appliance/intake/queue.ts';
import type { OpenPack, WaitingStudy } from '#appliance/ports-waiting.ts';

const nowMs = bulkAgesMs * 10;
const waiting = (study: string, change: Partial<WaitingStudy> = {}): WaitingStudy => ({
  ...{ study, class: 2, waitingSinceMs: nowMs, unsealedBytes: 0, ...change },
});
const pack = (study: string, sizeBytes: number, packId = study) =>
  ({ packId, study, sizeBytes }) as OpenPack;
const up = { link: 'up', rateBytesPerS: 1_000, offsets: {} } as const;
const limits = (heldBy: 'timetable' | 'budget', heldClasses: (0 | 1 | 2 | 3)[]) => ({
  ...{ heldBy, heldClasses, capBytesPerS: null, capUntilMinuteOfDay: 1_200 },
  budget: { usedBytes: 96, monthlyBytes: 100, renewsOn: '2026-12-01' },
});

test('a study knows its place, who goes before it and how long that takes', () => {
  const studies = [
    waiting('b', { waitingSinceMs: nowMs - 1 }),
    waiting('a', { waitingSinceMs: nowMs - 9, unsealedBytes: 4_000 }),
    waiting('c', { class: 0 }),
    waiting('d', { class: 1 }),
    waiting('e', { class: 3 }),
  ];
  const open = [pack('b', 3_000), pack('c', 2_000), pack('c', 1_000, 'c2'), pack('d', 500)];
  const queue = queueOf(studies, open, { ...up, offsets: { c2: 400 } }, nowMs);
  assert.deepEqual([...queue.keys()], ['c', 'd', 'a', 'b', 'e']);
  assert.deepEqual(queue.get('c'), {
    ...{ place: 1, level: 'stat', secondsLeft: 3, hold: null },
    ahead: { stat: 0, urgent: 0, routine: 0, bulk: 0 },
  });
  const b = queue.get('b');
  assert.deepEqual(b?.ahead, { stat: 1, urgent: 1, routine: 1, bulk: 0 });
  assert.equal(b?.secondsLeft, Math.ceil((2_600 + 500 + 4_000 + 3_000) / 1_000));
  assert.equal(b && waitText(b), 'Waiting behind 1 STAT, 1 urgent, 1 routine, about a minute');
  assert.equal(waitText(queue.get('c') ?? assert.fail()), undefined);
});

test('what holds a class is named, with the end of it and what to do', () => {
  const text = (of: WaitingStudy['class'], agent: Parameters<typeof queueOf>[2]) => {
    const turn = queueOf([waiting('a', { class: of })], [], agent, nowMs).get('a');
    return turn && waitText(turn);
  };
  assert.match(text(0, undefined) ?? '', /the link, which is down/);
  assert.match(text(2, { ...up, link: 'down' }) ?? '', /the link/);
  const byHour = { ...up, limits: limits('timetable', [1, 2, 3]) };
  assert.match(text(2, byHour) ?? '', /only STAT leave until 20:00: make it STAT/);
  assert.equal(text(0, byHour), undefined, 'STAT is held by nothing but the link');
  const byBudget = { ...up, limits: limits('budget', [2, 3]) };
  assert.match(text(2, byBudget) ?? '', /budget is short until 2026-12-01: make it STAT/);
  assert.equal(text(1, byBudget), undefined);
});

test('old bulk is counted as what it travels as', () => {
  const old = waiting('a', { class: 3, waitingSinceMs: nowMs - bulkAgesMs });
  assert.equal(queueOf([old], [], up, nowMs).get('a')?.level, 'routine');
});

test('the status counts what waits and tells what the link allows', () => {
  const agent = { ...up, limits: limits('budget', [2, 3]) };
  const studies = [waiting('a'), waiting('b', { class: 0 }), waiting('c')];
  const sending = sendingOf({ agent, queue: queueOf(studies, [], agent, nowMs) });
  assert.deepEqual(sending.waiting, { stat: 1, urgent: 0, routine: 2, bulk: 0 });
  assert.deepEqual(sending.held, ['routine', 'bulk']);
  assert.equal(sending.budget?.renewsOn, '2026-12-01');
  assert.deepEqual(sendingOf({ agent: undefined, queue: new Map() }).heldBy, null);
  assert.equal(clockText(65), '01:05');
});

test('whoever made it urgent is named', () => {
  const by = (kind: 'person' | 'rule' | 'order', name: string) =>
    causeText({ level: 'stat', cause: { kind, name } });
  assert.equal(by('rule', 'CT-ER'), 'STAT by rule CT-ER');
  assert.equal(by('person', 'TEST NURSE'), 'STAT by TEST NURSE');
  assert.equal(by('order', 'STAT'), 'STAT by the order (STAT)');
  assert.equal(causeText({ level: 'routine', cause: null }), undefined);
  assert.equal(causeText({ level: 'bulk', cause: null }), 'bulk');
});

test('whatever waits has one place each, and those before it are counted', () => {
  const studies = fc.uniqueArray(
    fc.record({
      study: fc.string({ maxLength: 4 }),
      class: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
      waitingSinceMs: fc.integer({ min: 0, max: nowMs }),
      unsealedBytes: fc.nat(),
    }),
    { selector: ({ study }) => study },
  );
  fc.assert(
    fc.property(studies, (all) => {
      const queue = queueOf(all, [], up, nowMs);
      assert.equal(queue.size, all.length);
      for (const turn of queue.values()) {
        assert.ok(turnSchema.safeParse(turn).success);
        const before = Object.values(turn.ahead).reduce((sum, count) => sum + count, 0);
        assert.equal(before, turn.place - 1);
      }
    }),
  );
});
