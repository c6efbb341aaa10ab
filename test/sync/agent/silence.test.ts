import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  attemptAfterMs,
  attemptDeadlineMs,
  findingOf,
  isHush,
  patienceMs,
  swallowedInMs,
} from '#sync/agent/silence.ts';

test('two round trips and a second without an answer are a silence', () => {
  assert.equal(patienceMs(600, 250_000, 500_000), 2_200);
  assert.equal(patienceMs(50, 250_000, 500_000), 1_100);
  assert.equal(patienceMs(600, 0, 160 * 1024), 12_200, 'an unknown link may be a slow one');
});

test('a hush is longer than answers are apart, leaves two overdue, and is over when somebody looks', () => {
  const hush = { quietMs: 500, overdue: () => 2, everyMs: 140, patienceMs: 2_200 };
  assert.equal(isHush(hush), true);
  assert.equal(isHush({ ...hush, quietMs: 400 }), false);
  assert.equal(isHush({ ...hush, everyMs: 300 }), false, 'answers are seldom on a slow link');
  assert.equal(isHush({ ...hush, overdue: () => 1 }), false, 'one waits for a lost packet');
  assert.equal(isHush({ ...hush, quietMs: 2_800 }), false, 'somebody has looked by then');
});

test('attempts come three times a second at first, then ever more seldom, and once a minute at least', () => {
  const random = { fraction: () => 1 };
  assert.equal(attemptAfterMs(0, random), 300);
  assert.equal(attemptAfterMs(14_000, random), 300);
  assert.equal(attemptAfterMs(60_000, random), 4_000);
  assert.equal(attemptAfterMs(14 * 86_400_000, random), 60_000);
  assert.equal(attemptAfterMs(14 * 86_400_000, { fraction: () => 0 }), 30_000);
});

test('attempts wait for a first sign the longer the longer nothing was heard, within limits', () => {
  assert.equal(attemptDeadlineMs(600), 5_400);
  assert.equal(attemptDeadlineMs(600, 15_000), 5_400);
  assert.equal(attemptDeadlineMs(600, 60_000), 20_000);
  assert.equal(attemptDeadlineMs(600, 14 * 86_400_000), 45_000);
});

test('a link that answers the first attempt first was never cut', () => {
  assert.equal(findingOf([0]), 'slow');
  assert.equal(findingOf([3]), 'cut');
  assert.equal(findingOf([0, 2, 4]), 'cut', 'the system repeats lost attempts with later ones');
});

const road = (roundTripMs: number) => ({
  ...{ roundTripMs, rate: 250_000, underWayBytes: 250_000, inVain: 0 },
});

test('what rests and what is under way stay silent, and a fresh connection does not', () => {
  const signs = { ...road(300), freshMs: 900, silentMs: 20_000, keptSilentMs: 10_000 };
  assert.equal(swallowedInMs(signs), 0);
  assert.equal(swallowedInMs({ ...signs, freshMs: 5_000 }), Infinity, 'a queue stands in the way');
  assert.equal(swallowedInMs({ ...signs, keptSilentMs: 1_000 }), 1_800);
  assert.equal(swallowedInMs({ ...signs, silentMs: 1_000 }), 4_400);
  assert.equal(
    swallowedInMs({ ...signs, inVain: 2 }),
    1_600,
    'each reset in vain doubles the wait',
  );
});

test('over any queue and with two packets lost in a row a link that answers is never called swallowed', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.integer({ min: 0, max: 30_000 }),
      fc.integer({ min: 0, max: 2 }),
      fc.integer({ min: 0, max: 2 ** 24 }),
      fc.integer({ min: 0, max: 10 ** 7 }),
      (roundTripMs, queueMs, lost, underWayBytes, rate) => {
        const one = roundTripMs + queueMs;
        // TCP repeats after a round trip and a half at the latest, then after twice as much each time.
        const answeredMs = one + (2 ** lost - 1) * (1.5 * one + 200);
        const signs = { ...{ roundTripMs, rate, underWayBytes, inVain: 0 }, freshMs: 3 * one };
        const silentMs = answeredMs + 60_000;
        assert.ok(swallowedInMs({ ...signs, silentMs, keptSilentMs: answeredMs - 1 }) > 0);
      },
    ),
  ));

test('what the queue explains is waited for twice, however long what rests is silent', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.integer({ min: 1_000, max: 10 ** 7 }),
      fc.integer({ min: 0, max: 2 ** 24 }),
      fc.integer({ min: 1, max: 10_000 }),
      (roundTripMs, rate, underWayBytes, freshMs) => {
        const silentMs = (2 * underWayBytes * 1_000) / rate;
        const signs = { ...{ roundTripMs, rate, underWayBytes, inVain: 0 }, freshMs, silentMs };
        assert.ok(swallowedInMs({ ...signs, keptSilentMs: 10 ** 9 }) > 0);
        if (freshMs <= 2_000) {
          const later = silentMs + 2 * roundTripMs + 2 * freshMs + 1_001;
          assert.equal(swallowedInMs({ ...signs, silentMs: later, keptSilentMs: 10 ** 9 }), 0);
        }
      },
    ),
  ));
