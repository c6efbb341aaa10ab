import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attemptAfterMs, findingOf, patienceMs } from '#sync/agent/silence.ts';

test('two round trips and a second without an answer are a silence', () => {
  assert.equal(patienceMs(600, 250_000, 500_000), 2_200);
  assert.equal(patienceMs(50, 250_000, 500_000), 1_100);
  assert.equal(patienceMs(600, 0, 160 * 1024), 12_200, 'an unknown link may be a slow one');
});

test('attempts come three times a second at first, then ever more seldom, and once a minute at least', () => {
  const random = { fraction: () => 1 };
  assert.equal(attemptAfterMs(0, random), 300);
  assert.equal(attemptAfterMs(14_000, random), 300);
  assert.equal(attemptAfterMs(60_000, random), 4_000);
  assert.equal(attemptAfterMs(14 * 86_400_000, random), 60_000);
  assert.equal(attemptAfterMs(14 * 86_400_000, { fraction: () => 0 }), 30_000);
});

test('a link that answers the first attempt first was never cut', () => {
  assert.equal(findingOf([0]), 'slow');
  assert.equal(findingOf([3]), 'cut');
  assert.equal(findingOf([0, 2, 4]), 'cut', 'the system repeats lost attempts with later ones');
});
