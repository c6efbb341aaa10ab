import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCenter } from '#sync/center/center.ts';
import type { OutgoingInstance } from '#sync/center/ports-delivery.ts';
import { DiskError } from '#sync/center/ports-disk.ts';
import type { StoredObject } from '#sync/center/ports-store.ts';
import { concat } from '#sync/core/bytes.ts';
import { fault } from '#sync/core/fault.ts';
import {
  createCenterWorld,
  dataOf,
  joinBox,
  manifestOf,
  reader,
} from '../../support/center-world.ts';
import { createMemoryLedger } from '../../support/ledger-memory.ts';
import { lentPieces, wholeOf } from '../../support/outgoing.ts';
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

/** A center whose third object is another on each reading, and all of its turns for a while. */
async function damagedWorld(
  damage: (object: StoredObject) => StoredObject | undefined,
  look: (instance: OutgoingInstance) => void = () => {},
) {
  const store = createMemoryStudyStore();
  const world = createCenterWorld({
    store: {
      ...store,
      findObject: async (study, digest) => {
        const object = await store.findObject(study, digest);
        return object && digest === slices[2]?.datasetSha256 ? damage(object) : object;
      },
    },
  });
  await joinBox(world).send('data', dataOf(slices));
  world.pacs.behave = (instance) => {
    look(instance);
    return undefined;
  };
  const center = world.start();
  for (let n = 0; n < 4; n++) {
    await world.settle(center);
    world.clock.advance(60_000);
  }
  return { world, status: await center.status() };
}

test('an object that is damaged on our disk is not passed on as good, and holds up nobody', async () => {
  const refused = new DiskError(fault('center/io', 'Cannot read: EIO', 'Check the disk', 'later'));
  const damages: Readonly<Record<string, (object: StoredObject) => StoredObject | undefined>> = {
    'it is gone': () => undefined,
    'it is shorter': (object) => ({ ...object, sizeBytes: object.sizeBytes - 2 }),
    'it became shorter': (object) => withBytes(object, (bytes) => bytes.subarray(0, -2)),
    'it became longer': (object) => withBytes(object, (bytes) => concat(bytes, bytes)),
    'its last byte is another': (object) => withBytes(object, (bytes) => flip(bytes, -1)),
    'its first bytes are others': (object) => withBytes(object, (bytes) => flip(bytes, 128)),
    'a bad sector in it': (object) => ({
      ...object,
      async *read(from: number) {
        for await (const piece of object.read(from)) {
          yield piece.subarray(0, 1_000);
          throw refused;
        }
      },
    }),
    'a bad sector at its start': (object) => ({
      ...object,
      // biome-ignore lint/correctness/useYield: a disk that fails gives no piece
      async *read() {
        throw refused;
      },
    }),
  };
  for (const [what, damage] of Object.entries(damages)) {
    const { world, status } = await damagedWorld(damage);
    const others = uids.filter((_, index) => index !== 2);
    assert.deepEqual(world.pacs.log.toSorted(), others.toSorted(), what);
    assert.match(status.counts.lastFault ?? '', /^center\/damaged/, what);
    assert.equal(status.destination.state, 'up', what);
    const [row] = await world.ports.ledger.findInstances([uids[2] ?? '']);
    assert.ok(row?.state === 'planned' && row.refusals > 1, `${what}: it is tried again`);
  }
});

test('what is announced comes from the row: a byte of group 0002 that turned on the disk changes nothing', async () => {
  const wrong = (object: StoredObject) =>
    withBytes(object, (bytes) => {
      const at = Buffer.from(bytes).indexOf('1.2.840.10008.1.2.1');
      assert.ok(at > 0);
      return flip(bytes, at + 18);
    });
  const { world } = await damagedWorld(wrong, (instance) => {
    assert.equal(instance.transferSyntaxUid, '1.2.840.10008.1.2.1');
  });
  assert.deepEqual(world.pacs.log, uids);
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

function withBytes(object: StoredObject, change: (bytes: Uint8Array) => Uint8Array): StoredObject {
  return {
    ...object,
    async *read(from) {
      yield* lentPieces(change(await wholeOf(object.read(0))).subarray(from), 1_000);
    },
  };
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const index = at < 0 ? bytes.length + at : at;
  return bytes.map((byte, n) => (n === index ? byte ^ 1 : byte));
}

/** Lets the loops run until `holds`; turns of the event loop, not time. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 5_000; turn++) {
    if (await holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.fail('It never came to that');
}
