import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIncoming } from '#appliance/intake/incoming.ts';
import { createKeyListWatch } from '#appliance/intake/key-list-watch.ts';
import type { Center } from '#appliance/ports-pairing.ts';
import type { Letter } from '#sync/letters/letter.ts';
import { datesFor } from '#sync/seal/epochs.ts';
import { openBoxWorld } from '#test/support/box-world.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';
import { reportFor, seal, slices } from '#test/support/road.ts';

const hourMs = 3_600_000;
const centerWith = (list: number, root = 'aa') => ({ root, keyList: { list } }) as Center;
const reportNaming = (list: number) => ({ kind: 'report', report: { meta: { list } } }) as Letter;

test('a list that is named and does not come for an hour is missed, until it comes', () => {
  const clock = createVirtualClock();
  const watch = createKeyListWatch(clock);
  watch.heard(centerWith(3), reportNaming(3), 0);
  watch.heard(centerWith(3), reportNaming(2), 0);
  clock.advance(2 * hourMs);
  assert.equal(watch.behind([centerWith(3)]), 0, 'an old letter names an old list');
  watch.heard(centerWith(3), reportNaming(4), 0);
  clock.advance(hourMs - 1);
  assert.equal(watch.behind([centerWith(3)]), 0, 'a letter may overtake its list');
  clock.advance(1);
  assert.equal(watch.behind([centerWith(3), centerWith(1, 'bb')]), 1);
  assert.equal(watch.behind([centerWith(4)]), 0, 'it came');
});

test('a newer list does not begin the wait for the first one anew, and a later gap has a wait of its own', () => {
  const clock = createVirtualClock();
  const watch = createKeyListWatch(clock);
  watch.heard(centerWith(3), reportNaming(4), 0);
  clock.advance(hourMs / 2);
  watch.heard(centerWith(3), reportNaming(5), 0);
  clock.advance(hourMs / 2);
  assert.equal(watch.behind([centerWith(3)]), 1);
  assert.equal(watch.behind([centerWith(4)]), 1, 'one of the two is not enough');
  watch.heard(centerWith(5), reportNaming(6), 0);
  assert.equal(watch.behind([centerWith(5)]), 0);
  clock.advance(hourMs);
  assert.equal(watch.behind([centerWith(5)]), 1);
});

test('a relay that keeps a key list from the box is noticed by the first letter of the center', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(1);
  const { packId } = await seal(world, study);
  const held = world.pairing.centers[0]?.keyList.list ?? 0;
  const incoming = await createIncoming(world.parts().ports);
  // One that nobody of the center signed says nothing.
  const report = (list: number) => reportFor(study, packId, { list });
  await world.bring('report', report(held + 1), { signer: world.pairing.identity });
  await incoming.turn(world.pairing);
  world.clock.advance(hourMs);
  assert.equal(incoming.keyListsBehind(world.pairing), 0);
  const kept: unknown[] = [];
  const noteHeard = async (root: string, heard: object) => void kept.push({ root, ...heard });
  const watching = await createIncoming({ ...world.parts().ports, noteHeard });
  await world.bring('report', report(held + 1));
  await watching.turn(world.pairing);
  world.clock.advance(hourMs);
  assert.equal(watching.keyListsBehind(world.pairing), 1);
  assert.deepEqual(kept, [{ root: world.pairing.centers[0]?.root, list: held + 1, at: 0 }]);
});

const dayMs = 86_400_000;
const issuedMs = Date.UTC(2026, 0, 1);
/** A center whose list of 1 January says that its epoch is to be followed on 1 April. */
const dated = (change: Partial<Center> = {}): Center => ({
  ...{ root: 'aa', name: 'DEMO', state: 'active', grant: { state: 'active' } as Center['grant'] },
  keyList: {
    list: 3,
    dates: { v: 1, issued: '2026-01-01', followBy: '2026-04-01' },
  } as Center['keyList'],
  ...change,
});

test('an epoch that ends is told at 60, 30 and 7 days, by the clock of the center and by no other', () => {
  const step = (sealedOnDay: number) => {
    const clock = createVirtualClock();
    const watch = createKeyListWatch(clock);
    watch.heard(dated(), reportNaming(3), issuedMs + sealedOnDay * dayMs);
    return watch.epochStep([dated()]);
  };
  assert.deepEqual([0, 29, 30, 59, 60, 82, 83, 89, 90, 150].map(step), [
    undefined,
    undefined,
    60,
    60,
    30,
    30,
    7,
    7,
    0,
    0,
  ]);
});

test('no wall clock of the box counts: without a letter the days go on from the list, by its own monotonic clock', () => {
  const clock = createVirtualClock();
  const watch = createKeyListWatch(clock);
  watch.look([dated()]);
  assert.equal(watch.epochStep([dated()]), undefined);
  clock.advance(29 * dayMs);
  assert.equal(watch.epochStep([dated()]), undefined);
  clock.advance(dayMs);
  assert.equal(watch.epochStep([dated()]), 60);
  watch.heard(dated(), reportNaming(3), issuedMs + 2 * dayMs);
  assert.equal(
    watch.epochStep([dated()]),
    60,
    'a letter that was long under way turns nothing back',
  );
});

test('a letter of a center whose clock is far off, a list without dates and a stopped center warn of nothing', () => {
  const watch = createKeyListWatch(createVirtualClock());
  for (const ms of [0, Date.UTC(2099, 0, 1)]) watch.heard(dated(), reportNaming(3), ms);
  assert.equal(watch.epochStep([dated()]), undefined);
  const late = issuedMs + 89 * dayMs;
  const undated = dated({ root: 'bb', keyList: { list: 3 } as Center['keyList'] });
  assert.equal(watch.heard(undated, reportNaming(3), late), undefined);
  assert.equal(watch.epochStep([undated]), undefined);
  const revoked = dated({ root: 'cc', state: 'revoked' });
  watch.heard(revoked, reportNaming(3), late);
  assert.equal(watch.epochStep([revoked]), undefined);
});

test('a newer list, whose epoch has just begun, ends the warning', () => {
  const watch = createKeyListWatch(createVirtualClock());
  const late = issuedMs + 85 * dayMs;
  watch.heard(dated(), reportNaming(3), late);
  assert.equal(watch.epochStep([dated()]), 7);
  const kid = new Uint8Array(8);
  const receive = [{ kid, key: new Uint8Array(1216), state: 'current' as const }];
  const list = { ...dated().keyList, list: 4, receive };
  const dates = datesFor(list, { '0000000000000000': { currentAt: '2026-03-27T10:00:00Z' } }, late);
  assert.deepEqual(dates, { v: 1, issued: '2026-03-27', followBy: '2026-06-25' });
  const next = dated({ keyList: { ...list, ...(dates && { dates }) } });
  assert.equal(watch.epochStep([next]), undefined);
});

test('what letters told is kept once a day and for a list that is missed, and counts after a restart', () => {
  const clock = createVirtualClock();
  const watch = createKeyListWatch(clock);
  const first = watch.heard(dated(), reportNaming(4), issuedMs + 31 * dayMs);
  assert.deepEqual(first, { list: 4, at: issuedMs + 31 * dayMs });
  const again = watch.heard(dated(), reportNaming(4), issuedMs + 31.5 * dayMs);
  assert.equal(
    again,
    undefined,
    'the record that was read does not say it yet, and it is noted all the same',
  );
  assert.equal(watch.heard(dated(), reportNaming(5), issuedMs)?.list, 5);
  const kept = dated({ heard: { list: 5, at: issuedMs + 31 * dayMs } });
  const restarted = createKeyListWatch(clock);
  restarted.look([kept]);
  assert.equal(restarted.epochStep([kept]), 60);
  assert.equal(restarted.behind([kept]), 0, 'the list may be on its way');
  clock.advance(hourMs);
  assert.equal(restarted.behind([kept]), 1);
});
