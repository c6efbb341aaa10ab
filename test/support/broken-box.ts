import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type BoxWorld, openBoxWorld } from './box-world.ts';
import { dayMs, keep } from './housekeeping.ts';
import { listOf, receiptFor, seal, slices, studyUidOf } from './road.ts';
import type { SyntheticInstance } from './synthetic-ct.ts';

/** A broken box: one study delivered and purged, one delivered, one in custody of the relay, one only stored. */
export async function brokenBox(t: TestContext) {
  const world = await openBoxWorld(t);
  const purged = slices(1, 4);
  const first = await seal(world, purged);
  await world.bring('receipt', receiptFor(purged, first.packId));
  await world.takeIn();
  world.clock.advance(60 * dayMs);
  await keep(world);
  assert.deepEqual(await statesOf(world, purged), ['purged']);
  await world.giveCustody();
  await world.countCustody();
  const delivered = slices(2, 5);
  await world.receive(delivered);
  world.clock.advance(2_000);
  await world.seal();
  const list = listOf(await world.lettersAtCenter());
  await world.bring('receipt', receiptFor(delivered, list.packId));
  await world.takeIn();
  await world.giveCustody();
  await world.countCustody();
  const underWay = slices(2, 6);
  await world.receive(underWay);
  world.clock.advance(2_000);
  await world.seal();
  await world.giveCustody();
  await world.countCustody();
  const stored = slices(2, 7);
  await world.receive(stored);
  await world.stop();
  return { dir: world.dataDir, purged, delivered, underWay, stored, list };
}

/** The state of each image of `study`. */
export const statesOf = async (world: BoxWorld, study: readonly SyntheticInstance[]) =>
  (await world.folder().catalog.instances())
    .filter(({ studyInstanceUid }) => studyInstanceUid === studyUidOf(study))
    .map(({ state }) => state);
