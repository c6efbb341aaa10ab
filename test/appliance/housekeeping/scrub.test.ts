import assert from 'node:assert/strict';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createScrub } from '#appliance/housekeeping/scrub.ts';
import { studyRow } from '#appliance/intake/progress.ts';
import { type BoxWorld, openBoxWorld } from '#test/support/box-world.ts';
import { housekeepingPorts, keep } from '#test/support/housekeeping.ts';
import { assertSameObjects, receiptFor, seal, slices, snapshot } from '#test/support/road.ts';

const { signal } = new AbortController();

test('F15: bits that rot before delivery are found, not sent as good, and asked for by the name of the device', async (t) => {
  const box = await openBoxWorld(t);
  const study = slices(3);
  await box.receive(study);
  await rot(box, 1);
  assert.deepEqual(await scrub(box), { read: 3, damaged: 1 });
  const row = await rowOf(box);
  assert.equal(row.help?.code, 'DAMAGED');
  assert.match(row.help.message, /please send the study again from CT1/);
  const before = await snapshot(box);
  await rebuild(box);
  assert.deepEqual(await snapshot(box), before);
  assert.deepEqual(await scrub(box), { read: 2, damaged: 0 }, 'it is told once');
  await box.receive(study);
  assert.equal((await rowOf(box)).help, null);
  assert.deepEqual(await scrub(box), { read: 3, damaged: 0 });
  box.clock.advance(2_000);
  await box.seal();
  assertSameObjects(await box.lettersAtCenter(), study);
});

test('F16: bits that rot after delivery call nobody, are not read again, and a resend heals them', async (t) => {
  const box = await openBoxWorld(t);
  const study = slices(2);
  const { packId } = await seal(box, study);
  await box.bring('receipt', receiptFor(study, packId));
  await box.takeIn();
  await rot(box, 0);
  assert.deepEqual(await scrub(box), { read: 2, damaged: 1 });
  const row = await rowOf(box);
  assert.deepEqual([row.state, row.help], ['delivered', null]);
  assert.deepEqual(await scrub(box), { read: 1, damaged: 0 });
  const before = await snapshot(box);
  await rebuild(box);
  assert.deepEqual(await snapshot(box), before);
  assert.deepEqual(await scrub(box), { read: 1, damaged: 0 });
  await box.receive(study);
  assert.deepEqual(await scrub(box), { read: 2, damaged: 0 });
});

test('F17: a segment that was deleted by hand is as good as rotten, and nothing crashes', async (t) => {
  const box = await openBoxWorld(t);
  await box.receive(slices(2));
  const [lost] = await box.folder().housekeeping.placed(undefined, 1);
  assert.ok(lost);
  await rm(join(box.dataDir, 'segments', lost.segment));
  assert.deepEqual(await scrub(box), { read: 2, damaged: 2 });
  assert.equal((await rowOf(box)).help?.code, 'DAMAGED');
  await keep(box);
  await box.stop();
  await box.start();
  await box.receive(slices(2));
  assert.equal((await rowOf(box)).help, null);
});

test('a rotten object whose bytes came twice is read from the other place', async (t) => {
  const box = await openBoxWorld(t);
  const study = slices(1);
  await box.receive(study);
  await box.receive(study);
  await rot(box, 0);
  assert.deepEqual(await scrub(box), { read: 1, damaged: 1 });
  assert.equal((await rowOf(box)).help, null);
  assert.deepEqual(await scrub(box), { read: 1, damaged: 0 });
});

test('reading goes on where the last run stopped, at the rate that was asked for', async (t) => {
  const box = await openBoxWorld(t);
  await box.receive(slices(60));
  const stop = new AbortController();
  let waitedMs = 0;
  const seen: string[] = [];
  const ports = housekeepingPorts(box);
  const objects = {
    ...ports.objects,
    isIntact: async (...[object, pace]: Parameters<typeof ports.objects.isIntact>) => {
      seen.push(object.datasetSha256);
      if (seen.length === 55) stop.abort();
      return ports.objects.isIntact(object, pace);
    },
  };
  const clock = {
    ...box.clock,
    wait: async (ms: number) => {
      waitedMs += ms;
    },
  };
  const config = { bytesPerS: 34_000, everyMs: 1 };
  await createScrub({ ...ports, clock, objects }, config).pass(stop.signal);
  assert.ok(Math.abs(waitedMs - 55_000) < 3_000, `${waitedMs}`);
  await createScrub({ ...ports, clock, objects }, config).pass(signal);
  assert.equal(new Set(seen).size, 60);
  assert.equal(seen.length, 55 + 10, 'from the last whole page on');
});

function scrub(box: BoxWorld) {
  const clock = { ...box.clock, wait: async () => undefined };
  const ports = { ...housekeepingPorts(box), clock };
  return createScrub(ports, { bytesPerS: 1_000_000, everyMs: 1 }).pass(signal);
}

/** Flips a bit in the middle of the stored object number `index`, behind the back of the box. */
async function rot(box: BoxWorld, index: number): Promise<void> {
  const object = (await box.folder().housekeeping.placed(undefined, 100))[index];
  assert.ok(object);
  const file = await open(join(box.dataDir, 'segments', object.segment), 'r+');
  const at = object.payloadOffset + Math.floor(object.payloadSizeBytes / 2);
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
  buffer[0] = (buffer[0] ?? 0) ^ 4;
  await file.write(buffer, 0, 1, at);
  await file.close();
}

async function rowOf(box: BoxWorld) {
  const [record] = await box.folder().catalog.studies();
  assert.ok(record);
  return studyRow(record, { isReceiving: () => false, agent: undefined });
}

async function rebuild(box: BoxWorld): Promise<void> {
  await box.stop();
  await rm(join(box.dataDir, 'catalog.db'));
  await box.start();
}
