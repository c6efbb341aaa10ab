import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Failpoint } from '#sync/core/failpoint.ts';
import { endOf, openCrashRoad } from './crash-road.ts';

/**
 * One instance is on its way to the PACS when the center dies. Before the PACS took it, the center cannot know that
 * it did not: it counts one that is in truth sent for the first time. So its count is an upper bound, exact where
 * the answer was at hand.
 */
const cases: readonly (readonly [
  Failpoint,
  { readonly again: number; readonly counted: number },
])[] = [
  ['ledger/sending', { again: 0, counted: 1 }],
  ['delivery/answered', { again: 1, counted: 1 }],
  ['center-delivered/written', { again: 0, counted: 0 }],
  ['center-delivered/durable', { again: 0, counted: 0 }],
];

test('what a crash of the center stores again is what the PACS counts, and never more than the center says', async (t) => {
  const road = await openCrashRoad(t);
  await road.site.confirmBox();
  for (const name of ['relay', 'appliance', 'boxAgent', 'centerAgent'] as const) {
    await road.start(name).ready;
  }
  let again = 0;
  let counted = 0;
  for (const [index, [point, expected]] of cases.entries()) {
    const center = road.start('center', point);
    const stop = new AbortController();
    stop.abort();
    await road.load(stop.signal, {
      ...{ pauseMs: 0, slices: 1, largeEvery: 0, seed: 300 + index, reports: false },
    });
    assert.equal(await endOf(center, 60_000), 'SIGKILL', `the center comes to ${point}`);
    const restarted = road.start('center');
    assert.equal(await road.settle(60_000), undefined);
    const now = { again: road.storedAgain(), counted: await road.resentAfterCrash() };
    assert.deepEqual(
      { again: now.again - again, counted: now.counted - counted },
      expected,
      `killed at ${point}`,
    );
    ({ again, counted } = now);
    await restarted.stop('SIGKILL');
  }
});
