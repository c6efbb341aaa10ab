import assert from 'node:assert/strict';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createKeeper } from '#appliance/housekeeping/keeper.ts';
import { type BoxWorld, openBoxWorld } from '#test/support/box-world.ts';
import { dayMs, deedsOf, housekeepingPorts, keep } from '#test/support/housekeeping.ts';
import { listOf, receiptFor, seal, slices, snapshot, studyUidOf } from '#test/support/road.ts';
import { type SyntheticInstance, syntheticStudy } from '#test/support/synthetic-ct.ts';

const who = { by: 'TEST^ALPHA', reason: 'a test' };

test('a delivered study goes after its days, and its tombstone answers with the receipt', async (t) => {
  const box = await openBoxWorld(t);
  const study = slices(3);
  await deliver(box, study);
  box.clock.advance(30 * dayMs - 3_000);
  assert.equal((await keep(box)).purged, 0, 'not a moment early');
  box.clock.advance(3_000);
  assert.equal((await keep(box)).purged, 3);
  assert.deepEqual(await statesOf(box), ['purged', 'purged', 'purged']);
  const [record] = await box.folder().catalog.studies();
  assert.equal(record?.patientName, 'TEST^ALPHA');
  assert.equal(record?.destination, 'PACS');
  assert.ok(record?.purgedAtMs && record.deliveredAtMs);
  const totals = await box.folder().catalog.totals();
  assert.deepEqual(totals, { studies: 1, instances: 3, onlyHere: 0 });
});

test('nothing undelivered goes, however old it is and however full the disk', async (t) => {
  const box = await openBoxWorld(t);
  await seal(box, slices(2));
  await box.giveCustody();
  await box.countCustody();
  box.clock.advance(4_000 * dayMs);
  assert.deepEqual(await keep(box), { purged: 0, segments: 0, forgotten: 0 });
});

test('a study of which one image is not delivered stays whole', async (t) => {
  const box = await openBoxWorld(t);
  const study = slices(2);
  await deliver(box, study);
  await box.receive(slices(3).slice(2));
  box.clock.advance(40 * dayMs);
  assert.equal((await keep(box)).purged, 0);
});

test('a pinned study stays, and goes when it is unpinned', async (t) => {
  const box = await openBoxWorld(t);
  const study = slices(1);
  await deliver(box, study);
  await deedsOf(box).pin(studyUidOf(study), true, who);
  box.clock.advance(40 * dayMs);
  assert.equal((await keep(box)).purged, 0);
  await deedsOf(box).pin(studyUidOf(study), false, who);
  assert.equal((await keep(box)).purged, 1);
});

test('the prior of an open case stays', async (t) => {
  const box = await openBoxWorld(t);
  await deliver(box, slices(1, 1));
  const [later] = slices(1, 1);
  assert.ok(later);
  box.clock.advance(40 * dayMs);
  await box.receive(
    syntheticStudy({ seed: 9, slices: 1, rows: 16, patientId: later.attributes.patientId }),
  );
  assert.equal((await keep(box)).purged, 0);
});

test('the archive of record decides: the box itself never lets go, a third party when a person says so', async (t) => {
  const box = await openBoxWorld(t);
  const study = slices(2);
  await deliver(box, study);
  box.clock.advance(40 * dayMs);
  assert.equal((await keep(box, { archiveOfRecord: 'box' })).purged, 0);
  assert.equal((await keep(box, { archiveOfRecord: 'third' })).purged, 0);
  await deedsOf(box).archive(studyUidOf(study), who);
  assert.equal((await keep(box, { archiveOfRecord: 'third' })).purged, 2);
});

test('a segment without living records goes; the newest one stays', async (t) => {
  const box = await openBoxWorld(t, { segmentSizeBytes: 4_096 });
  await deliver(box, slices(3));
  const before = await segmentsOf(box);
  box.clock.advance(40 * dayMs);
  const { segments } = await keep(box);
  assert.equal(segments, before.length - 1);
  assert.deepEqual(await segmentsOf(box), before.slice(-1));
  assert.equal((await keep(box)).segments, 0);
});

test('what is still needed in a mostly dead segment is copied out of it, byte for byte', async (t) => {
  const box = await openBoxWorld(t);
  const big = slices(8);
  const small = slices(1, 5);
  await deliver(box, big);
  await box.receive(small);
  await restart(box);
  await box.receive(slices(1, 6));
  box.clock.advance(40 * dayMs);
  const turn = await keep(box);
  assert.deepEqual(turn, { purged: 8, segments: 1, forgotten: 0 });
  await assertReadable(box, small);
  const before = await snapshot(box);
  await rebuild(box);
  assert.deepEqual(await snapshot(box), before);
  await assertReadable(box, small);
  box.clock.advance(2_000);
  await box.seal();
  assert.ok((await box.lettersAtCenter()).some(({ letter }) => letter.kind === 'data'));
});

test('a catalog made anew behind a purge has the same studies and states', async (t) => {
  for (const isSegmentThere of [true, false]) {
    const box = await openBoxWorld(t, isSegmentThere ? {} : { segmentSizeBytes: 4_096 });
    const study = slices(3);
    await deliver(box, study);
    await deliver(box, slices(2, 4));
    box.clock.advance(20 * dayMs);
    await seal(box, slices(1, 5));
    box.clock.advance(20 * dayMs);
    await keep(box);
    const before = await snapshot(box);
    assert.equal((await statesOf(box)).filter((state) => state === 'purged').length, 5);
    await rebuild(box);
    assert.deepEqual(await snapshot(box), before);
    await restart(box);
    assert.deepEqual(await snapshot(box), before);
    assert.deepEqual(box.folder().replayed, { instances: 0, facts: 0 });
  }
});

test('what is purged and comes again is delivered already, also behind a rebuild', async (t) => {
  const box = await openBoxWorld(t);
  const study = slices(2);
  await deliver(box, study);
  box.clock.advance(40 * dayMs);
  await keep(box);
  await box.receive(study.slice(0, 1));
  const states = ['delivered', 'purged'];
  assert.deepEqual((await statesOf(box)).toSorted(), states);
  await assertReadable(box, study.slice(0, 1));
  assert.equal((await keep(box)).purged, 0, 'its days begin anew');
  const before = await snapshot(box);
  await rebuild(box);
  assert.deepEqual(await snapshot(box), before);
  await assertReadable(box, study.slice(0, 1));
});

test('an image that comes behind a purge makes a list that names the purged ones too', async (t) => {
  const box = await openBoxWorld(t);
  const study = slices(3);
  await deliver(box, study.slice(0, 2));
  box.clock.advance(40 * dayMs);
  await keep(box);
  await box.receive(study.slice(2));
  box.clock.advance(2_000);
  await box.seal();
  const { digests } = listOf(await box.lettersAtCenter());
  assert.deepEqual(digests, new Set(study.map(({ datasetSha256 }) => datasetSha256)));
});

test('a tombstone is forgotten after a year, in a rebuild as well', async (t) => {
  const box = await openBoxWorld(t);
  await deliver(box, slices(2));
  await deliver(box, slices(1, 7));
  box.clock.advance(40 * dayMs);
  await keep(box);
  box.clock.advance(366 * dayMs);
  assert.equal((await keep(box)).forgotten, 2);
  assert.deepEqual(await box.folder().catalog.studies(), []);
  await rebuild(box);
  assert.deepEqual(await box.folder().catalog.studies(), []);
  assert.deepEqual(await box.folder().catalog.instances(), []);
});

test('a file whose end was decided before a kill goes at the next turn, and is not read before', async (t) => {
  const box = await openBoxWorld(t, { segmentSizeBytes: 4_096 });
  await deliver(box, slices(2));
  box.clock.advance(40 * dayMs);
  const { segments, ...ports } = housekeepingPorts(box);
  const killed = { ...segments, remove: async () => Promise.reject(new Error('killed')) };
  const config = { keepMs: 0, archiveOfRecord: 'center', everyMs: 1 } as const;
  const keeper = createKeeper({ ...ports, segments: killed }, config);
  await assert.rejects(keeper.turn(new AbortController().signal), /killed/);
  const before = await snapshot(box);
  await rebuild(box);
  assert.deepEqual(await snapshot(box), before);
  await restart(box);
  assert.deepEqual(await snapshot(box), before);
  assert.equal((await keep(box)).segments, 1);
  assert.equal((await segmentsOf(box)).length, 1);
});

/** Sends a study all the way and brings the receipt. */
async function deliver(box: BoxWorld, study: readonly SyntheticInstance[]): Promise<void> {
  const { packId } = await seal(box, study);
  await box.giveCustody();
  await box.countCustody();
  await box.bring('receipt', receiptFor(study, packId));
  await box.takeIn();
}

async function statesOf(box: BoxWorld): Promise<readonly string[]> {
  return (await box.folder().catalog.instances()).map(({ state }) => state);
}

async function segmentsOf(box: BoxWorld): Promise<readonly string[]> {
  return (await readdir(join(box.dataDir, 'segments'))).sort();
}

async function restart(box: BoxWorld): Promise<void> {
  await box.stop();
  await box.start();
}

async function rebuild(box: BoxWorld): Promise<void> {
  await box.stop();
  await rm(join(box.dataDir, 'catalog.db'));
  await box.start();
}

async function assertReadable(
  box: BoxWorld,
  instances: readonly SyntheticInstance[],
): Promise<void> {
  const placed = await box.folder().housekeeping.placed(undefined, 1_000);
  for (const { datasetSha256 } of instances) {
    const found = placed.find((each) => each.datasetSha256 === datasetSha256);
    assert.ok(found);
    assert.ok(await housekeepingPorts(box).objects.isIntact(found));
  }
}
