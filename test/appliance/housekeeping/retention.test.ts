import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { reclaimPlan } from '#appliance/housekeeping/reclaim-plan.ts';
import { purgeVerdict } from '#appliance/housekeeping/retention.ts';
import { instanceStates } from '#appliance/store/instance-states.ts';

/** Mostly nothing, so that one reason alone often decides. */
const count = fc.integer({ min: -30, max: 2 }).map((number) => Math.max(0, number));
const rarely = fc.nat(9).map((number) => number === 0);
const study = fc.record({
  study: fc.constant('2.25.1'),
  isIdentified: rarely.map((is) => !is),
  isPinned: rarely,
  counts: fc.record({
    ...Object.fromEntries(instanceStates.map((state) => [state, count])),
    delivered: fc.nat(3),
  }),
  unprovenCount: count,
  unarchivedCount: count,
  lastArrivedAtMs: fc.nat(1_000),
  lastDeliveredAtMs: fc.nat(1_000),
  isPriorOfOpenCase: rarely,
  hasOpenTwin: rarely,
});
const rules = fc.record({
  keepMs: fc.nat(1_000),
  archiveOfRecord: fc.constantFrom('center', 'center', 'box', 'third'),
});
/** States in which the center has not signed for something that may still matter. */
const open = ['stored', 'packed', 'held', 'identity', 'conflict', 'damaged'];

test('a study may go only when every reason to keep it is gone, and then it may', () => {
  fc.assert(
    fc.property(study, rules, fc.nat(3_000), (each, { keepMs, archiveOfRecord }, nowMs) => {
      const counts: Readonly<Record<string, number>> = each.counts;
      const isDue =
        (counts['delivered'] ?? 0) > 0 &&
        open.every((state) => counts[state] === 0) &&
        each.unprovenCount === 0 &&
        each.isIdentified &&
        !each.isPinned &&
        !each.isPriorOfOpenCase &&
        !each.hasOpenTwin &&
        archiveOfRecord !== 'box' &&
        (archiveOfRecord === 'center' || each.unarchivedCount === 0) &&
        nowMs >= keepMs + each.lastArrivedAtMs &&
        nowMs >= keepMs + each.lastDeliveredAtMs;
      const verdict = purgeVerdict(each, { keepMs, archiveOfRecord }, nowMs);
      assert.equal(verdict === 'may', isDue, verdict);
    }),
    { numRuns: 3_000 },
  );
});

test('what costs nothing is given back first, and what is mostly needed never', () => {
  const use = (segment: string, liveBytes: number) => ({ segment, liveBytes, sizeBytes: 100 });
  const plan = reclaimPlan([use('a', 26), use('b', 25), use('c', 0), use('d', 3)]);
  assert.deepEqual(
    plan.map(({ segment }) => segment),
    ['c', 'd', 'b'],
  );
});
