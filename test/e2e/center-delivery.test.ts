import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { createDimseDelivery } from '#sync/adapters/delivery-dimse.ts';
import { createLedger } from '#sync/adapters/ledger-libsql.ts';
import { ledgerSchema } from '#sync/adapters/ledger-libsql-schema.ts';
import { createStorageScp } from '#sync/adapters/storage-scp-dimse.ts';
import { createStudyStore } from '#sync/adapters/study-store-folder.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import type { StoreStatus } from '#sync/dimse/storage.ts';
import { createCenterWorld, dataOf, joinBox, manifestOf } from '../support/center-world.ts';
import { createMemoryStore } from '../support/memory-sink.ts';
import { syntheticStudy } from '../support/synthetic-ct.ts';

const slices = syntheticStudy({ seed: 29, slices: 4, rows: 64 });

/** A PACS over the wire that can be closed and opened again on its port. */
async function createPacs(t: TestContext) {
  let isAdmitting = true;
  let answer: (count: number) => Promise<StoreStatus> = async () => ({ status: 0 });
  let count = 0;
  const memory = createMemoryStore({
    admit: () => (isAdmitting ? 'accept' : { reject: 'calling-ae' }),
    finish: async () => answer(++count),
  });
  let port = 0;
  const start = () =>
    createStorageScp(
      memory.ports,
      {
        host: '127.0.0.1',
        port,
        aeTitles: ['PACS'],
        limits: { connectionsPerAddressPerS: 1_000, closeTimeoutMs: 200 },
      },
      silentLog,
    );
  let scp = start();
  ({ port } = await scp.listen());
  t.after(() => scp.close());
  return {
    port,
    digests: () => memory.stored.map(({ dataset }) => datasetSha256(dataset)),
    admit: (next: boolean) => {
      isAdmitting = next;
    },
    answer: (next: typeof answer) => {
      count = 0;
      answer = next;
    },
    close: () => scp.close(),
    reopen: async () => {
      scp = start();
      await scp.listen();
    },
  };
}

async function openWorld(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-center-'));
  const database = expectOk(
    await openDatabase(join(folder, 'center.db'), { schema: ledgerSchema }, silentLog),
  );
  t.after(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });
  const pacs = await createPacs(t);
  const target = {
    host: '127.0.0.1',
    port: pacs.port,
    calledAeTitle: 'PACS',
    callingAeTitle: 'OUTPOST',
  };
  const world = createCenterWorld({
    ledger: createLedger(database),
    store: createStudyStore(folder),
    delivery: createDimseDelivery(target, silentLog, { timeoutMs: 60_000 }),
  });
  const box = joinBox(world);
  await box.send('data', dataOf(slices));
  await box.send('manifest', manifestOf(slices));
  return { world, box, pacs };
}

const expected = slices.map(({ datasetSha256: digest }) => digest);

/** What must hold at the end of every fault: each dataset once and whole, and one receipt for all of them. */
async function assertRoadIsDone({ world, box, pacs }: Awaited<ReturnType<typeof openWorld>>) {
  assert.deepEqual(pacs.digests().toSorted(), expected.toSorted());
  const [{ letter } = { letter: undefined }, ...more] = await box.inbox();
  assert.equal(more.length, 0);
  const receipt = letter?.kind === 'receipt' ? letter.receipt : undefined;
  const instances = receipt?.type === 'delivery' ? receipt.instances : [];
  assert.deepEqual(
    instances.map(({ deliveredDigest }) => deliveredDigest).toSorted(),
    expected.toSorted(),
  );
  assert.equal((await world.ports.ledger.counts()).instances.stored, slices.length);
}

test('sealed packs reach a real PACS byte for byte, and the receipt comes back', async (t) => {
  const road = await openWorld(t);
  await road.world.settle();
  await assertRoadIsDone(road);
});

test('a PACS that is down at first gets it all when it is up', async (t) => {
  const road = await openWorld(t);
  await road.pacs.close();
  const center = await road.world.settle();
  assert.match((await center.status()).destination.fault ?? '', /^delivery\/unreachable/);
  assert.deepEqual(await road.box.inbox(), []);
  await road.pacs.reopen();
  await road.world.settle(center);
  await assertRoadIsDone(road);
});

test('a PACS that does not know us gets it all when it does', async (t) => {
  const road = await openWorld(t);
  road.pacs.admit(false);
  const center = await road.world.settle();
  assert.match((await center.status()).destination.fault ?? '', /^delivery\/rejected/);
  road.pacs.admit(true);
  await road.world.settle(center);
  await assertRoadIsDone(road);
});

test('a PACS that refuses one instance gets it when it takes it, and the others at once', async (t) => {
  const road = await openWorld(t);
  road.pacs.answer(async (count) => ({ status: count === 2 ? 0xa700 : 0 }));
  const center = await road.world.settle(undefined, 2);
  assert.equal(road.pacs.digests().length, 3);
  assert.match((await center.status()).counts.lastFault ?? '', /A700H/);
  assert.deepEqual(await road.box.inbox(), []);
  road.pacs.answer(async () => ({ status: 0 }));
  road.world.clock.advance(60_000);
  await road.world.settle(center);
  await assertRoadIsDone(road);
});

test('a PACS that dies in the middle gets the rest when it is back, nothing twice', async (t) => {
  const road = await openWorld(t);
  let closing: Promise<void> | undefined;
  road.pacs.answer(async (count) => {
    if (count === 2) closing = road.pacs.close();
    return { status: 0 };
  });
  const center = await road.world.settle(undefined, 1);
  await closing;
  const before = road.pacs.digests().length;
  assert.ok(before >= 2 && before < slices.length, `${before} arrived before it died`);
  assert.deepEqual(await road.box.inbox(), []);
  road.pacs.answer(async () => ({ status: 0 }));
  await road.pacs.reopen();
  road.world.clock.advance(60_000);
  await road.world.settle(center);
  await assertRoadIsDone(road);
});
