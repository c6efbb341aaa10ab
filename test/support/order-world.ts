import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type DataFolder, openDataFolder } from '#appliance/adapters/data-folder.ts';
import { type OrderRequest, orderRequestSchema } from '#appliance/api/contract-orders.ts';
import { createRecorder } from '#appliance/intake/recorder.ts';
import { createOrderDesk } from '#appliance/orders/desk.ts';
import type { CatalogEntry } from '#appliance/ports-catalog.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { writeDurably } from '#sync/adapters/durable-file.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import type { InstanceAttributes } from '#sync/dicom/types.ts';
import { uid } from '#sync/dicom/uid.ts';
import { seeded } from '../sync/seal/shake-random.ts';
import { createVirtualClock } from './clock-virtual.ts';
import { syntheticSlice } from './synthetic-ct.ts';

export const orderRules = { siteCode: 'KIS', emergencyIdPrefix: 'TMP-' };

/** A request as it comes from outside, parsed. */
export function orderRequest(change: Partial<OrderRequest> = {}): OrderRequest {
  return orderRequestSchema.parse({
    patientId: 'DEMO-1',
    patientName: 'TEST^ALPHA',
    modality: 'CT',
    description: 'CT head',
    scheduledDate: '20260131',
    scheduledTime: '0830',
    ...change,
  });
}

/** A data folder on the disk with the desk of its orders. */
export async function openOrderWorld(t: TestContext) {
  const dataDir = await mkdtemp(join(tmpdir(), 'outpost-orders-'));
  const clock = createVirtualClock();
  const random = seeded('orders');
  const log = silentLog;
  const lifetime = new AbortController();
  const open = async (isRebuild = false) =>
    expectOk(
      await openDataFolder(
        { dataDir, reserveBytes: 0, isRebuild },
        { openDatabase, writeDurably, clock, log },
      ),
    );
  let folder: DataFolder = await open();
  let serial = 0;
  t.after(async () => {
    lifetime.abort();
    await folder.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const recorder = {
    record: (facts: Parameters<ReturnType<typeof createRecorder>['record']>[0]) =>
      createRecorder({ ...folder, clock, log, onBroken: () => {} }, lifetime.signal).record(facts),
  };
  const deskOf = () =>
    createOrderDesk(
      { catalog: folder.orders, recorder, clock, random, onChange: () => {} },
      orderRules,
    );
  return {
    dataDir,
    clock,
    random,
    recorder,
    catalog: () => folder.catalog,
    orders: () => folder.orders,
    desk: deskOf,
    /** An instance of that study is here. */
    arrive: async (change: Partial<InstanceAttributes>) => {
      serial += 1;
      expectOk(await folder.catalog.addInstances([entryOf(serial, change)]));
    },
    /** The catalog is thrown away and made anew from what is durable. */
    rebuild: async () => {
      await folder.close();
      folder = await open(true);
    },
  };
}

const { attributes } = syntheticSlice({ seed: 1, slices: 1, rows: 16 }, 0);

/** A catalog entry without bytes behind it. */
function entryOf(serial: number, change: Partial<InstanceAttributes>): CatalogEntry {
  const instance = { ...attributes, sopInstanceUid: uid(`2.25.${serial}`), ...change };
  const { sopClassUid, sopInstanceUid, transferSyntaxUid } = instance;
  const recordOffset = 4_096 * serial;
  return {
    attributes: instance,
    record: {
      arrival: {
        ...{ arrivedAtMs: serial, callingAeTitle: 'CT1' },
        ...{ sopClassUid, sopInstanceUid, transferSyntaxUid },
      },
      segment: 'lane-0-0000001.seg',
      recordOffset,
      payloadOffset: recordOffset + 512,
      payloadSizeBytes: 1_000,
      fileHeaderSizeBytes: 300,
      datasetSha256: serial.toString(16).padStart(64, '0'),
      studyInstanceUid: instance.studyInstanceUid,
      seriesInstanceUid: instance.seriesInstanceUid,
      nextOffset: recordOffset + 2_048,
    },
  };
}
