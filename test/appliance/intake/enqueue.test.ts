import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  isListDue,
  maxPayloadBytes,
  missingRanges,
  type PackRules,
  planPacks,
  promptLists,
  waitLeftMs,
} from '#appliance/intake/enqueue.ts';
import type { ByteRange, PendingInstance } from '#appliance/ports-waiting.ts';

const rules: PackRules = {
  targetBytes: 1_000,
  isStudyClosed: false,
  isLinkIdle: false,
  isStat: false,
  nowMs: 100_000,
};

test('a pack closes at its target, and the rest waits', () => {
  const plans = planPacks([pending(400), pending(700), pending(300)], rules);
  assert.deepEqual(
    plans.map(({ sizeBytes }) => sizeBytes),
    [1_100],
  );
});

test('when the study closes nothing waits', () => {
  const plans = planPacks([pending(400), pending(700), pending(300)], {
    ...rules,
    isStudyClosed: true,
  });
  assert.deepEqual(
    plans.map(({ sizeBytes }) => sizeBytes),
    [1_100, 300],
  );
});

test('a lone image waits a tenth of a second while the link is idle, ten seconds while it is busy, STAT never', () => {
  const old = (ms: number) => [pending(10, { arrivedAtMs: rules.nowMs - ms })];
  assert.equal(planPacks(old(99), { ...rules, isLinkIdle: true }).length, 0);
  assert.equal(planPacks(old(100), { ...rules, isLinkIdle: true }).length, 1);
  assert.equal(planPacks(old(9_999), rules).length, 0);
  assert.equal(planPacks(old(10_000), rules).length, 1);
  assert.equal(planPacks(old(0), { ...rules, isStat: true }).length, 1);
});

test('the first pack for an idle link is small, and each one behind it may be twice as long', () => {
  const sizes = [300, 200, 250, 400, 300, 200, 600, 900];
  const plans = planPacks(
    sizes.map((size) => pending(size)),
    { ...rules, firstTargetBytes: 200, isStudyClosed: true },
  );
  assert.deepEqual(
    plans.map(({ sizeBytes }) => sizeBytes),
    [300, 450, 900, 1_500],
  );
});

test('the last packs become smaller, so that little is left to open behind the last byte', () => {
  const images = Array.from({ length: 20 }, () => pending(100));
  const hurried = { ...rules, firstTargetBytes: 100, tailTargetBytes: 100 };
  const counts = (change: Partial<PackRules>) =>
    planPacks(images, { ...hurried, ...change }).map(({ pieces }) => pieces.length);
  assert.deepEqual(counts({ isStudyClosed: true }), [1, 2, 4, 6, 4, 2, 1]);
  assert.deepEqual(counts({ isStudyClosed: true, tailTargetBytes: 300 }), [1, 2, 4, 6, 4, 3]);
  assert.deepEqual(counts({}), [1, 2, 4, 6], 'what may still wait for more waits');
});

test('a clock that was set back makes no image wait', () => {
  assert.equal(waitLeftMs(pending(10, { arrivedAtMs: rules.nowMs + 60_000 }), rules), 0);
});

test('an object above the target is cut into ranges', () => {
  const [plan, ...more] = planPacks([pending(2_500)], { ...rules, isStudyClosed: true });
  assert.deepEqual(
    [plan, ...more].map((each) => each?.pieces.map(({ from, to }) => [from, to])),
    [[[0, 1_000]], [[1_000, 2_000]], [[2_000, 2_500]]],
  );
});

test('what packs already hold is not sealed again', () => {
  const instance = pending(2_500, { covered: [{ from: 1_000, to: 2_000 }] });
  const plans = planPacks([instance], { ...rules, isStudyClosed: true });
  assert.deepEqual(
    plans.flatMap(({ pieces }) => pieces.map(({ from, to }) => [from, to])),
    [
      [0, 1_000],
      [2_000, 2_500],
    ],
  );
});

test('whatever is pending, a closed study is planned whole, once, in packs that fit', () => {
  const instance = fc
    .record({ size: fc.integer({ min: 1, max: 40_000_000 }), cut: fc.integer({ min: 0, max: 50 }) })
    .map(({ size, cut }) =>
      pending(size, { covered: [{ from: 0, to: Math.floor((size * cut) / 100) }] }),
    );
  const target = fc.integer({ min: 1024 * 1024, max: 12 * 1024 * 1024 });
  const tail = fc.option(fc.integer({ min: 1, max: 8 * 1024 * 1024 }));
  fc.assert(
    fc.property(
      fc.array(instance, { maxLength: 30 }),
      target,
      tail,
      (instances, targetBytes, tail) => {
        const hurry = tail === null ? {} : { firstTargetBytes: tail, tailTargetBytes: tail };
        const plans = planPacks(instances, {
          ...rules,
          targetBytes,
          ...hurry,
          isStudyClosed: true,
        });
        for (const plan of plans) assert.ok(plan.sizeBytes <= maxPayloadBytes);
        const pieces = plans.flatMap((plan) => plan.pieces);
        for (const each of instances) {
          const own = pieces.filter((piece) => piece.instance === each);
          const all: ByteRange[] = [...each.covered, ...own];
          assert.deepEqual(missingRanges(each.payloadSizeBytes, all.toSorted(byStart)), []);
          assert.equal(lengthOf(all), each.payloadSizeBytes);
        }
      },
    ),
  );
});

test('a list is due when the study closes with something unlisted', () => {
  const study = { isListed: false, listCount: 0, lastListAtMs: undefined };
  assert.equal(isListDue(study, false, 0, 600_000), false);
  assert.equal(isListDue(study, true, 0, 600_000), true);
  assert.equal(isListDue({ ...study, isListed: true }, true, 0, 600_000), false);
});

test('a study that never stops growing gets a list every ten minutes, after the first few', () => {
  const study = { isListed: false, listCount: promptLists, lastListAtMs: 1_000 };
  assert.equal(isListDue(study, true, 600_999, 600_000), false);
  assert.equal(isListDue(study, true, 601_000, 600_000), true);
  assert.equal(isListDue({ ...study, listCount: 1 }, true, 2_000, 600_000), true);
});

let serial = 0;

function pending(sizeBytes: number, change: Partial<PendingInstance> = {}): PendingInstance {
  serial += 1;
  return {
    sopInstanceUid: `2.25.${serial}`,
    datasetSha256: String(serial).padStart(64, '0'),
    arrivedAtMs: rules.nowMs,
    segment: 'lane-0',
    recordOffset: serial,
    payloadOffset: serial,
    payloadSizeBytes: sizeBytes,
    fileHeaderSizeBytes: 1,
    covered: [],
    ...change,
  };
}

function lengthOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}

function byStart(a: ByteRange, b: ByteRange): number {
  return a.from - b.from;
}
