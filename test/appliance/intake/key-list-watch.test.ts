import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIncoming } from '#appliance/intake/incoming.ts';
import { createKeyListWatch } from '#appliance/intake/key-list-watch.ts';
import type { Center } from '#appliance/ports-pairing.ts';
import type { Letter } from '#sync/letters/letter.ts';
import { openBoxWorld } from '#test/support/box-world.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';
import { reportFor, seal, slices } from '#test/support/road.ts';

const hourMs = 3_600_000;
const centerWith = (list: number, root = 'aa') => ({ root, keyList: { list } }) as Center;
const reportNaming = (list: number) => ({ kind: 'report', report: { meta: { list } } }) as Letter;

test('a list that is named and does not come for an hour is missed, until it comes', () => {
  const clock = createVirtualClock();
  const watch = createKeyListWatch(clock);
  watch.named(centerWith(3), reportNaming(3));
  watch.named(centerWith(3), reportNaming(2));
  clock.advance(2 * hourMs);
  assert.equal(watch.behind([centerWith(3)]), 0, 'an old letter names an old list');
  watch.named(centerWith(3), reportNaming(4));
  clock.advance(hourMs - 1);
  assert.equal(watch.behind([centerWith(3)]), 0, 'a letter may overtake its list');
  clock.advance(1);
  assert.equal(watch.behind([centerWith(3), centerWith(1, 'bb')]), 1);
  assert.equal(watch.behind([centerWith(4)]), 0, 'it came');
});

test('a newer list does not begin the wait for the first one anew, and a later gap has a wait of its own', () => {
  const clock = createVirtualClock();
  const watch = createKeyListWatch(clock);
  watch.named(centerWith(3), reportNaming(4));
  clock.advance(hourMs / 2);
  watch.named(centerWith(3), reportNaming(5));
  clock.advance(hourMs / 2);
  assert.equal(watch.behind([centerWith(3)]), 1);
  assert.equal(watch.behind([centerWith(4)]), 1, 'one of the two is not enough');
  watch.named(centerWith(5), reportNaming(6));
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
  await world.bring('report', report(held + 1));
  await incoming.turn(world.pairing);
  world.clock.advance(hourMs);
  assert.equal(incoming.keyListsBehind(world.pairing), 1);
});
