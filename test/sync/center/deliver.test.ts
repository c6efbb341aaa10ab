import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCenter } from '#sync/center/center.ts';
import { DiskError } from '#sync/center/ports.ts';
import { fault } from '#sync/core/fault.ts';
import {
  createCenterWorld,
  dataOf,
  joinBox,
  manifestOf,
  reader,
} from '../../support/center-world.ts';
import { createMemoryLedger } from '../../support/ledger-memory.ts';
import { createMemoryStudyStore } from '../../support/study-store-memory.ts';
import { syntheticStudy } from '../../support/synthetic-ct.ts';

const slices = syntheticStudy({ seed: 22, slices: 4, rows: 32 });
const uids = slices.map(({ sopInstanceUid }) => sopInstanceUid);

test('instances go in the order of their numbers, whatever the order they came in', async () => {
  const world = createCenterWorld();
  await joinBox(world).send('data', dataOf(slices.toReversed()));
  await world.settle();
  assert.deepEqual(world.pacs.log, uids);
});

test('a STAT study goes before one that came earlier', async () => {
  const world = createCenterWorld();
  const box = joinBox(world);
  const stat = syntheticStudy({ seed: 23, slices: 1, rows: 32 });
  await box.send('data', dataOf(slices));
  await box.send('data', dataOf(stat));
  await box.send('manifest', manifestOf(stat, 1, false, true));
  await world.settle();
  assert.equal(world.pacs.log[0], stat[0]?.sopInstanceUid);
});

test('a PACS that is down gets everything when it is back, and the status tells of it', async () => {
  const world = createCenterWorld();
  await joinBox(world).send('data', dataOf(slices));
  world.pacs.behave = () => 'delivery/unreachable';
  const center = await world.settle();
  const down = await center.status();
  assert.equal(down.destination.state, 'down');
  assert.equal(down.counts.instances.planned, 4);
  assert.equal(
    down.alarms.some(({ code }) => code === 'PACS-DOWN'),
    true,
  );
  world.pacs.behave = () => undefined;
  await world.settle(center);
  const up = await center.status();
  assert.equal(up.destination.state, 'up');
  assert.equal(up.counts.instances.stored, 4);
  assert.deepEqual(world.pacs.log, uids);
});

test('what a PACS took before it died is not sent again, and the one it died at waits behind', async () => {
  const world = createCenterWorld();
  await joinBox(world).send('data', dataOf(slices));
  world.pacs.behave = ({ sopInstanceUid }) =>
    sopInstanceUid === uids[1] ? 'delivery/aborted' : undefined;
  const center = await world.settle(undefined, 1);
  assert.deepEqual(world.pacs.log, [uids[0]]);
  await world.settle(center);
  assert.deepEqual(world.pacs.log, [uids[0], uids[2], uids[3]]);
  world.pacs.behave = () => undefined;
  world.clock.advance(60_000);
  await world.settle(center);
  assert.deepEqual(world.pacs.log, [uids[0], uids[2], uids[3], uids[1]]);
  assert.equal((await center.status()).counts.instances.stored, 4);
});

test('a refused instance is tried again for ever, shown with its reason, and holds up nobody', async () => {
  const world = createCenterWorld();
  await joinBox(world).send('data', dataOf(slices));
  world.pacs.behave = ({ sopInstanceUid }) =>
    sopInstanceUid === uids[0] ? 'delivery/refused' : undefined;
  const center = await world.settle();
  assert.deepEqual(world.pacs.log, uids.slice(1));
  const status = await center.status();
  assert.equal(status.destination.state, 'up');
  assert.match(status.counts.lastFault ?? '', /^delivery\/refused: /);
  for (let n = 0; n < 20; n++) {
    world.clock.advance(60_000);
    await world.settle(center, 1);
  }
  const [row] = await world.ports.ledger.findInstances(uids.slice(0, 1));
  assert.ok((row?.refusals ?? 0) > 10, 'it was tried again and again');
  world.pacs.behave = () => undefined;
  world.clock.advance(60_000);
  await world.settle(center);
  assert.equal(world.pacs.log.at(-1), uids[0]);
});

test('a crash before the rows are written sends nothing again: the log of the study knows', async () => {
  const ledger = createMemoryLedger();
  let isCrashing = true;
  const world = createCenterWorld({
    ledger: {
      ...ledger,
      markDelivered: async (outcomes) => {
        if (isCrashing && outcomes.length > 0) {
          throw new DiskError(fault('center/io', 'Cannot write', 'Check the disk', 'later'));
        }
        await ledger.markDelivered(outcomes);
      },
    },
  });
  await joinBox(world).send('data', dataOf(slices));
  const first = world.start();
  const end = await first.run(new AbortController().signal);
  assert.equal(end?.kind, 'center/io', 'a disk that fails ends the run');
  assert.equal(world.pacs.log.length, 4);
  isCrashing = false;
  const stop = new AbortController();
  const second = world.start();
  const running = second.run(stop.signal);
  await until(async () => (await second.status()).counts.instances.stored === 4);
  stop.abort();
  assert.equal(await running, undefined);
  assert.equal((await second.status()).counts.resentAfterCrash, 0);
  assert.deepEqual(world.pacs.log, uids);
});

test('a crash after the PACS took one and before that was written down sends this one again, and counts it', async () => {
  const store = createMemoryStudyStore();
  let lines = 0;
  const world = createCenterWorld({
    store: {
      ...store,
      appendDelivered: async (study, delivered) => {
        lines += 1;
        if (lines === 2) {
          throw new DiskError(fault('center/io', 'Cannot write', 'Check the disk', 'later'));
        }
        await store.appendDelivered(study, delivered);
      },
    },
  });
  await joinBox(world).send('data', dataOf(slices));
  world.pacs.behave = (_, index) => (lines >= 2 && index > 1 ? 'delivery/aborted' : undefined);
  const end = await world.start().run(new AbortController().signal);
  assert.equal(end?.kind, 'center/io', 'a disk that fails ends the run');
  assert.deepEqual(world.pacs.log, uids.slice(0, 2));
  world.pacs.behave = () => undefined;
  const second = world.start();
  await second.recover();
  await world.settle(second);
  assert.deepEqual(world.pacs.log, [...uids.slice(0, 2), ...uids.slice(1)]);
  assert.ok((await second.status()).counts.resentAfterCrash > 0);
});

test('a disk that is full when the answers of the PACS come leaves nothing under way, and nothing goes twice', async () => {
  const ledger = createMemoryLedger();
  let isFull = true;
  const world = createCenterWorld({
    ledger: {
      ...ledger,
      markDelivered: async (outcomes) => {
        if (isFull && outcomes.length > 0) {
          throw new DiskError(fault('center/full', 'Cannot write: full', 'Free space', 'later'));
        }
        await ledger.markDelivered(outcomes);
      },
    },
  });
  await joinBox(world).send('data', dataOf(slices));
  world.pacs.behave = (_, index) => (index > 1 ? 'delivery/aborted' : undefined);
  const center = world.start();
  await assert.rejects(world.settle(center, 1), DiskError);
  isFull = false;
  world.pacs.behave = () => undefined;
  await world.settle(center);
  assert.equal((await center.status()).counts.instances.stored, 4);
  assert.deepEqual(world.pacs.log, uids);
});

test('an object that is damaged on our disk is not passed on as good', async () => {
  const store = createMemoryStudyStore();
  const world = createCenterWorld({
    store: {
      ...store,
      readObject: async (study, digest) => {
        const bytes = await store.readObject(study, digest);
        const last = (bytes?.length ?? 0) - 1;
        if (bytes && digest === slices[2]?.datasetSha256) bytes[last] = (bytes[last] ?? 0) ^ 1;
        return bytes;
      },
    },
  });
  await joinBox(world).send('data', dataOf(slices));
  const center = await world.settle();
  assert.equal(world.pacs.log.includes(uids[2] ?? ''), false);
  assert.equal(world.pacs.log.length, 3);
  assert.match((await center.status()).counts.lastFault ?? '', /^center\/damaged/);
});

test('a full disk pauses the work and loses nothing', async () => {
  const store = createMemoryStudyStore();
  let isFull = true;
  const world = createCenterWorld({
    store: {
      ...store,
      putObjects: async (study, objects) => {
        if (isFull)
          throw new DiskError(fault('center/full', 'Cannot write: full', 'Free space', 'later'));
        await store.putObjects(study, objects);
      },
    },
  });
  await joinBox(world).send('data', dataOf(slices));
  const center = createCenter(world.ports, { zones: 'off', destination: 'PACS', reader });
  const stop = new AbortController();
  const running = center.run(stop.signal);
  await until(async () => (await center.status()).alarms.some(({ code }) => code === 'DISK'));
  assert.equal((await world.spool.clinical.arrivedPacks()).length, 1);
  isFull = false;
  world.clock.advance(20_000);
  await until(async () => {
    world.clock.advance(5_000);
    return world.pacs.stored.size === 4;
  });
  stop.abort();
  await running;
  assert.equal((await world.spool.clinical.arrivedPacks()).length, 0);
});

/** Lets the loops run until `holds`; turns of the event loop, not time. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 5_000; turn++) {
    if (await holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.fail('It never came to that');
}
