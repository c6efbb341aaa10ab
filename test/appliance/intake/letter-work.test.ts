import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressedTo } from '#appliance/intake/addressing.ts';
import { createLetterWork, type LetterWorkPorts } from '#appliance/intake/letter-work.ts';
import { createPackGrowth } from '#appliance/intake/pack-growth.ts';
import { sealingTurn } from '#appliance/intake/sealing.ts';
import { expectOk } from '#sync/core/result.ts';
import type { PackId } from '#sync/wire/pack-id.ts';
import { type BoxWorld, openBoxWorld } from '#test/support/box-world.ts';
import { slices } from '#test/support/road.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';

test('the agent learns where to go and what to send, in order', async (t) => {
  const world = await openBoxWorld(t);
  await world.receive(slices(3));
  world.clock.advance(2_000);
  await work(world);
  const peer = expectOk(await world.spool.agent.readPeer());
  assert.equal(peer.relays[0]?.id, 'relay-1');
  assert.equal(peer.ownMailbox, world.pairing.centers[0]?.grant.boxMailbox);
  const order = expectOk(await world.spool.agent.readOrder());
  const sent = await world.spool.clinical.sentPacks();
  assert.deepEqual(new Set(order.packs.map(({ packId }) => packId)), new Set(sent));
  assert.equal(new Set(order.packs.map(({ group }) => group)).size, 1);
  assert.deepEqual([...new Set(order.packs.map((pack) => pack.class))], [2]);
});

test('custody takes a pack out of the order and out of the spool', async (t) => {
  const world = await openBoxWorld(t);
  await world.receive(slices(1));
  world.clock.advance(2_000);
  await work(world);
  await world.giveCustody();
  await work(world);
  assert.deepEqual(expectOk(await world.spool.agent.readOrder()).packs, []);
  assert.deepEqual(await world.spool.clinical.sentPacks(), []);
});

test('a pack that is taken out of the spool is sealed anew while the box runs, and a foreign one goes', {
  timeout: 60_000,
}, async (t) => {
  const world = await openBoxWorld(t);
  await world.receive(slices(1));
  world.clock.advance(2_000);
  const { clinical } = world.spool;
  const stop = new AbortController();
  const running = (await createLetterWork(workPorts(world), workConfig(1024 * 1024))).run(
    stop.signal,
  );
  const turn = async (ms: number): Promise<void> => {
    while (world.clock.waiting() === 0) await new Promise((resolve) => setImmediate(resolve));
    world.clock.advance(ms);
  };
  for (let turns = 0; turns < 30; turns += 1) await turn(5_000);
  const before = await world.spool.agent.outgoing();
  const [{ packId: first } = { packId: undefined }] = before.toSorted(
    (a, b) => b.sizeBytes - a.sizeBytes,
  );
  assert.ok(first, 'the pack with the image');
  await clinical.removeSent(first);
  const foreign = 'f'.repeat(64) as typeof first;
  expectOk(await clinical.putPack(foreign, new Uint8Array(8)));
  await turn(600_000);
  for (let turns = 0; turns < 30; turns += 1) await turn(5_000);
  const after = await clinical.sentPacks();
  assert.equal(after.length, before.length);
  assert.ok(!after.includes(first) && !after.includes(foreign));
  stop.abort();
  await running;
});

test('nothing is sealed or offered while there is a way out of the zone', async (t) => {
  const world = await openBoxWorld(t);
  await world.receive(slices(1));
  world.clock.advance(2_000);
  await work(world, { zoneBreach: () => 'this program can resolve names' });
  assert.deepEqual(await world.spool.clinical.sentPacks(), []);
  assert.deepEqual(expectOk(await world.spool.agent.readOrder()).packs, []);
});

test('nothing is sealed before the words are confirmed, and nothing of it is lost', async (t) => {
  const world = await openBoxWorld(t);
  await world.receive(slices(1));
  world.clock.advance(2_000);
  const [center] = world.pairing.centers;
  assert.ok(center);
  const granted = { ...world.pairing, centers: [{ ...center, state: 'granted' as const }] };
  await work(world, { readPairing: async () => granted });
  assert.deepEqual(await world.spool.clinical.sentPacks(), []);
  await work(world);
  assert.equal((await world.spool.clinical.sentPacks()).length, 3);
});

test('a turn that fails is tried again, and only a broken database ends the program', async (t) => {
  const world = await openBoxWorld(t);
  let calls = 0;
  const broken: string[] = [];
  await work(world, {
    onBroken: (message) => broken.push(message),
    readPairing: async () => {
      calls += 1;
      if (calls === 1) throw new Error('A bug');
      const fault = { kind: 'database/io' };
      if (calls === 2) throw new Error('EIO', { cause: fault });
      return world.pairing;
    },
  });
  assert.equal(calls, 3);
  assert.deepEqual(broken, ['EIO']);
});

test('a spool that cannot be tidied at the start is tidied later, and is watched once all the while', async (t) => {
  const world = await openBoxWorld(t);
  const foreign = 'f'.repeat(64) as PackId;
  expectOk(await world.spool.clinical.putPack(foreign, new Uint8Array(8)));
  const { catalog } = world.parts().ports;
  let [calls, watches] = [0, 0];
  await work(world, {
    catalog: {
      ...catalog,
      openPacks: async () => {
        calls += 1;
        if (calls === 1) throw new Error('The database is busy');
        return catalog.openPacks();
      },
    },
    spool: {
      ...world.spool.clinical,
      watch: (...watch) => {
        watches += 1;
        world.spool.clinical.watch(...watch);
      },
    },
  });
  assert.deepEqual(await world.spool.clinical.sentPacks(), []);
  assert.equal(watches, 1);
});

test('a manifest and the first pack are in the order while another pack is still coded', {
  timeout: 30_000,
}, async (t) => {
  const world = await openBoxWorld(t, { packTargetBytes: 40_000 });
  await world.receive(slices(3));
  world.clock.advance(2_000);
  const { ports } = world.parts();
  const { clinical } = world.spool;
  const written: number[] = [];
  const firstTold = Promise.withResolvers<void>();
  const spool: typeof clinical = {
    ...clinical,
    writeOrder: async (order) => {
      const outcome = await clinical.writeOrder(order);
      written.push(order.packs.length);
      if (order.packs.length === 2) firstTold.resolve();
      return outcome;
    },
  };
  const sealer = {
    ...ports.sealer,
    seal: async (job: Parameters<typeof ports.sealer.seal>[0]) => {
      // The second data pack, of one slice, takes until the first is in the order.
      if (job.parts.length === 1) await firstTold.promise;
      return ports.sealer.seal(job);
    },
  };
  const openSealing = async () => ({ sequence: ports.sequence, sealer });
  await work(world, { openSealing, spool }, 40_000);
  assert.deepEqual(written.slice(0, 2), [1, 2], 'the manifest and the first pack, each at once');
  assert.equal(written.at(-1), 4, 'the second pack and the list, together or one by one');
});

test('a turn of sealing ends after half a second, so that receipts and STAT come between', async (t) => {
  const world = await openBoxWorld(t, { packTargetBytes: 40_000 });
  await world.receive(slices(6));
  world.clock.advance(2_000);
  const { ports } = world.parts();
  let dataPacks = 0;
  const sealer = {
    ...ports.sealer,
    seal: async (job: Parameters<typeof ports.sealer.seal>[0]) => {
      if (job.kind === 'data' && ++dataPacks === 2) world.clock.advance(500);
      return ports.sealer.seal(job);
    },
  };
  const [center] = world.pairing.centers;
  assert.ok(center);
  const config = { packTargetBytes: 40_000, sealAheadBytes: 1024 ** 3, manifestIntervalMs: 1 };
  const { againInMs } = await sealingTurn({ ...ports, sealer }, config, addressedTo(center));
  assert.equal(dataPacks, 2);
  assert.equal(againInMs, 0, 'the rest follows at once');
  await sealingTurn({ ...ports, sealer }, config, addressedTo(center));
  assert.ok(dataPacks > 2);
});

test('where coding cannot keep the link busy, packs grow from turn to turn, and are short again for what comes later', {
  timeout: 60_000,
}, async (t) => {
  const world = await openBoxWorld(t);
  const state = { format: 1, link: 'up', rateBytesPerS: 250_000, lastContactAt: null } as const;
  expectOk(await world.spool.agent.writeState({ ...state, offsets: {}, faults: [] }));
  const [large, later] = [8, 2].map((slices, seed) => syntheticStudy({ seed, slices, rows: 512 }));
  const { ports } = world.parts();
  const counts: number[] = [];
  const seal = async (job: Parameters<typeof ports.sealer.seal>[0]) => {
    if (job.kind !== 'data') return ports.sealer.seal(job);
    counts.push(job.parts.length);
    world.clock.advance(500);
    return ports.sealer.seal({ ...job, letter: { ...job.letter, level: 'raw' } as never });
  };
  // The link has carried all that was sealed.
  const catalog = { ...ports.catalog, openPacks: async () => [] };
  const sealing = { ...ports, sealer: { ...ports.sealer, seal }, catalog };
  const [center] = world.pairing.centers;
  assert.ok(center && large && later);
  const config = workConfig(8 * 1024 * 1024);
  const growth = createPackGrowth();
  const sealAll = async (): Promise<void> => {
    for (let againInMs = 0; againInMs === 0; ) {
      ({ againInMs } = await sealingTurn({ ...sealing, growth }, config, addressedTo(center)));
    }
  };
  await world.receive(large);
  world.clock.advance(2_000);
  await sealAll();
  assert.deepEqual(counts.splice(0), [1, 2, 3, 1, 1]);
  await world.receive(later);
  world.clock.advance(2_000);
  await sealAll();
  assert.deepEqual(counts, [1, 1]);
});

test('STAT, manifests and the order of sending do not wait for a bulk pack that is being coded', {
  timeout: 60_000,
}, async (t) => {
  const world = await openBoxWorld(t, { packTargetBytes: 40_000 });
  const bulk = slices(3);
  const urgent = slices(2, 9);
  await world.receive(bulk);
  world.clock.advance(2_000);
  const { ports } = world.parts();
  const isCoding = Promise.withResolvers<void>();
  const mayEnd = Promise.withResolvers<void>();
  const sealed: string[] = [];
  const sealer = {
    ...ports.sealer,
    seal: async (job: Parameters<typeof ports.sealer.seal>[0]) => {
      if (job.kind === 'data' && job.class === 2) {
        isCoding.resolve();
        await mayEnd.promise;
      }
      sealed.push(`${job.kind} ${job.class}`);
      return ports.sealer.seal(job);
    },
  };
  const stop = new AbortController();
  const letters = await createLetterWork(workPorts(world, sealer), workConfig(40_000));
  const running = letters.run(stop.signal);
  await isCoding.promise;
  const study = urgent[0]?.attributes.studyInstanceUid ?? '';
  const fact = { fact: 'priority', atMs: 1, study, priority: 'stat', by: 'TEST', reason: '' };
  expectOk(await ports.recorder.record([fact as never]));
  await world.receive(urgent);
  letters.wake();
  while (!sealed.includes('data 0')) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(!sealed.includes('data 2'), 'the bulk pack is still being coded');
  const first = async () => expectOk(await world.spool.agent.readOrder()).packs[0]?.class;
  while ((await first()) !== 0) await new Promise((resolve) => setImmediate(resolve));
  // A study that becomes STAT while its packs are coded is not sealed twice.
  const other = { ...fact, study: bulk[0]?.attributes.studyInstanceUid ?? '' };
  expectOk(await ports.recorder.record([other as never]));
  letters.wake();
  await letters.reorder();
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  mayEnd.resolve();
  const arePacked = async () => {
    const all = await world.folder().catalog.instances();
    return all.every(({ state }) => state === 'packed');
  };
  while (!(await arePacked())) {
    world.clock.advance(1_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  stop.abort();
  await running;
  const letterOf = await world.lettersAtCenter();
  const ranges = letterOf.flatMap(({ letter }) =>
    letter.kind === 'data' ? letter.data.instances.map((each) => each.datasetSha256) : [],
  );
  assert.equal(new Set(ranges).size, ranges.length, 'each image travels once');
  assert.equal(ranges.length, 5);
});

test('a lone small image over an idle link is in the order a moment after it came', {
  timeout: 60_000,
}, async (t) => {
  const world = await openBoxWorld(t);
  const state = { format: 1, link: 'up', rateBytesPerS: 250_000, lastContactAt: null } as const;
  expectOk(await world.spool.agent.writeState({ ...state, offsets: {}, faults: [] }));
  await world.receive(slices(1));
  const waits: number[] = [];
  const clock: typeof world.clock = {
    ...world.clock,
    wait: (ms, signal) => {
      waits.push(ms);
      return world.clock.wait(ms, signal);
    },
  };
  const stop = new AbortController();
  const ports = { ...workPorts(world), clock };
  const running = (await createLetterWork(ports, workConfig(1024 * 1024))).run(stop.signal);
  while (world.clock.waiting() === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.ok((waits[0] ?? 5_000) <= 100, `it waits ${waits[0]} ms`);
  world.clock.advance(waits[0] ?? 0);
  const packs = async () => expectOk(await world.spool.agent.readOrder()).packs.length;
  // The manifest and the image; the list has to wait until the study is quiet. No time passes meanwhile.
  while ((await packs().catch(() => 0)) < 2) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await running;
});

/** Runs the work for three turns of the clock, and on until all is sealed that can be. */
async function work(
  world: BoxWorld,
  change: Partial<LetterWorkPorts> = {},
  packTargetBytes = 1024 * 1024,
): Promise<void> {
  const stop = new AbortController();
  const letters = await createLetterWork(
    { ...workPorts(world), ...change },
    workConfig(packTargetBytes),
  );
  const running = letters.run(stop.signal);
  const isDone = async (): Promise<boolean> =>
    (await world.folder().catalog.sealingStudies()).length === 0;
  for (let turn = 0; turn < 3 || (turn < 30 && !(await isDone())); turn += 1) {
    while (world.clock.waiting() === 0) await new Promise((resolve) => setImmediate(resolve));
    if (turn !== 2) world.clock.advance(5_000);
  }
  while (world.clock.waiting() === 0) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await running;
}

const workConfig = (packTargetBytes: number) => ({
  packTargetBytes,
  sealAheadBytes: 1024 ** 3,
  manifestIntervalMs: 600_000,
  confirmAfterMs: 86_400_000,
});

function workPorts(
  world: BoxWorld,
  sealer: ReturnType<BoxWorld['parts']>['ports']['sealer'] = world.parts().ports.sealer,
): LetterWorkPorts {
  const { ports, quiet } = world.parts();
  const { sequence } = ports;
  return {
    ...ports,
    spool: world.spool.clinical,
    quiet,
    clock: world.clock,
    readPairing: async () => world.pairing,
    adoptKeyList: async () => false,
    openSealing: async () => ({ sealer, sequence }),
    zoneBreach: () => undefined,
    onPairing: () => undefined,
    onChange: () => undefined,
    onBroken: () => undefined,
  };
}
