import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ok } from '#sync/core/result.ts';
import { createQuota } from '#sync/relay/quota.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';

const caller = { center: 'c'.repeat(64), handle: '1'.repeat(32) };
const other = { ...caller, handle: '2'.repeat(32) };
const dayMs = 24 * 3_600_000;

/** What the index has recorded of a day, by caller. */
function quotaWith(recorded: (day: string) => Promise<number>) {
  const clock = createVirtualClock();
  const quota = createQuota({ spent: async (_caller, day) => ok(await recorded(day)) }, clock);
  return { clock, quota };
}

test('each caller has a quota of his own, and what was recorded before a restart counts', async () => {
  const { quota } = quotaWith(async () => 60);
  assert.ok((await quota.spend(caller, 100, 40)).ok);
  assert.ok(!(await quota.spend(caller, 100, 1)).ok);
  assert.ok((await quota.spend(other, 100, 40)).ok);
});

test('a refusal counts nothing and says when the next day begins, an hour at most', async () => {
  const { clock, quota } = quotaWith(async () => 0);
  const refused = await quota.spend(caller, 100, 101);
  assert.ok(!refused.ok);
  assert.equal(refused.fault.kind, 'relay/day-spent');
  assert.equal(refused.fault.retryAfterS, 3_600);
  assert.ok((await quota.spend(caller, 100, 100)).ok);
  clock.advance(dayMs);
  assert.ok((await quota.spend(caller, 100, 100)).ok);
});

test('what is given back can be spent again, and never more than was spent', async () => {
  const { quota } = quotaWith(async () => 0);
  await quota.spend(caller, 100, 100);
  quota.giveBack(caller, 30);
  assert.ok(!(await quota.spend(caller, 100, 31)).ok);
  assert.ok((await quota.spend(caller, 100, 30)).ok);
  quota.giveBack(other, 50);
  assert.ok(!(await quota.spend(other, 100, 101)).ok, 'who spent nothing gets nothing');
});

test('what yesterday was spent does not count today when the day changes during the look-up', async () => {
  const lookUp = Promise.withResolvers<void>();
  const days: string[] = [];
  const { clock, quota } = quotaWith(async (day) => {
    days.push(day);
    if (days.length > 1) return 0;
    await lookUp.promise;
    return 90;
  });
  const first = quota.spend(caller, 100, 10);
  clock.advance(dayMs);
  assert.ok((await quota.spend(other, 100, 10)).ok);
  lookUp.resolve();
  assert.ok((await first).ok);
  assert.ok((await quota.spend(caller, 100, 90)).ok, days.join());
});
