import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { takeOverFolder } from '#appliance/adapters/take-over-folder.ts';
import { writeDurably } from '#sync/adapters/durable-file.ts';
import { expectOk } from '#sync/core/result.ts';
import { type BoxWorld, openBoxWorld } from '#test/support/box-world.ts';
import { dayMs, keep } from '#test/support/housekeeping.ts';
import {
  listOf,
  receiptFor,
  reportFor,
  seal,
  slices,
  snapshot,
  studyUidOf,
} from '#test/support/road.ts';
import type { SyntheticInstance } from '#test/support/synthetic-ct.ts';

const code = '00112233445566aa';
const ports = { writeDurably, nowMs: 1 };

const statesOf = async (world: BoxWorld, study: readonly SyntheticInstance[]) =>
  (await world.folder().catalog.instances())
    .filter(({ studyInstanceUid }) => studyInstanceUid === studyUidOf(study))
    .map(({ state }) => state);

/** A broken box: one study delivered and purged, one delivered, one in custody of the relay, one only stored. */
async function brokenBox(t: Parameters<typeof openBoxWorld>[0]) {
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

test('the box in its place has all that a broken one held, and seals anew what nobody confirmed', async (t) => {
  const old = await brokenBox(t);
  const world = await openBoxWorld(t);
  const own = slices(2, 8);
  await world.receive(own);
  await world.stop();
  const segments = await readdir(join(old.dir, 'segments'));
  assert.ok(segments.length > 0);
  const taken = expectOk(await takeOverFolder(old.dir, world.dataDir, code, ports));
  assert.equal(taken.segments, segments.length);
  await world.start();
  assert.deepEqual(await statesOf(world, old.purged), ['purged']);
  assert.deepEqual(await statesOf(world, old.delivered), ['delivered', 'delivered']);
  assert.deepEqual(await statesOf(world, old.underWay), ['stored', 'stored']);
  assert.deepEqual(await statesOf(world, old.stored), ['stored', 'stored']);
  assert.deepEqual(await statesOf(world, own), ['stored', 'stored']);

  world.clock.advance(2_000);
  await world.seal();
  const letters = await world.lettersAtCenter();
  const sealed = letters.flatMap(({ letter }) =>
    letter.kind === 'data' ? letter.data.instances.map(({ datasetSha256 }) => datasetSha256) : [],
  );
  const wanted = [...old.underWay, ...old.stored, ...own].map((each) => each.datasetSha256);
  assert.deepEqual(sealed.toSorted(), wanted.toSorted(), 'read back from where they lie now');

  // A report of what the broken box sent fits here.
  const report = reportFor(old.delivered, old.list.packId);
  // Letters one and two of this center are used up: the broken box had them.
  for (const _ of [1, 2]) await world.sealBack('report', report);
  await world.bring('report', report);
  await world.takeIn();
  const [record] = await world.folder().catalog.studies(studyUidOf(old.delivered));
  assert.equal(record?.reports[0]?.refusal, null);

  const again = await takeOverFolder(old.dir, world.dataDir, code, ports);
  assert.equal(!again.ok && again.fault.kind, 'take-over/done');

  const before = await snapshot(world);
  await world.stop();
  for (const suffix of ['', '-wal', '-shm']) {
    await rm(join(world.dataDir, `catalog.db${suffix}`), { force: true });
  }
  await world.start();
  assert.deepEqual(await snapshot(world), before, 'and a catalog made anew says the same');
});

test('cut short, it goes on where it was', async (t) => {
  const old = await brokenBox(t);
  const world = await openBoxWorld(t);
  await world.receive(slices(1, 8));
  await world.stop();
  const half = join(old.dir, '..', `half-${Date.now()}`);
  // Half a disk: its segments could be read, and then it was gone.
  await mkdir(join(half, 'segments'), { recursive: true });
  t.after(() => rm(half, { recursive: true }));
  for (const name of await readdir(join(old.dir, 'segments'))) {
    await copyFile(join(old.dir, 'segments', name), join(half, 'segments', name));
  }
  await assert.rejects(takeOverFolder(half, world.dataDir, code, ports), /ENOENT/);
  // The box was started in between, and took its images for new ones.
  await world.start();
  assert.deepEqual(await statesOf(world, old.delivered), ['stored', 'stored']);
  await world.stop();
  expectOk(await takeOverFolder(old.dir, world.dataDir, code, ports));
  await world.start();
  assert.deepEqual(await statesOf(world, old.delivered), ['delivered', 'delivered']);
  assert.deepEqual(await statesOf(world, old.underWay), ['stored', 'stored']);
  assert.equal((await world.folder().catalog.totals()).studies, 5);
});
