import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type Disk, systemDisk } from '#appliance/adapters/disk.ts';
import { openSegmentStore } from '#appliance/adapters/segment-store.ts';
import type { InstanceStore, StoreFault } from '#appliance/ports-store.ts';
import type { Arrival, StoredRecord } from '#appliance/store/stored-record.ts';
import { silentLog } from '#sync/core/log.ts';
import type { Result } from '#sync/core/result.ts';

const explicitLittleEndian = '1.2.840.10008.1.2.1';
const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';

/** A folder for segments, removed when the test ends. */
export async function segmentFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-segments-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'segments');
}

/** A store with small segments unless told otherwise; closed when the test ends. */
export async function openStore(
  t: TestContext,
  folder: string,
  options: { lanes?: number; segmentSizeBytes?: number; disk?: Disk } = {},
): Promise<InstanceStore> {
  const { lanes = 8, segmentSizeBytes = 1024 * 1024, disk = systemDisk } = options;
  const config = { lanes, segmentSizeBytes, reserveBytes: 0 };
  const store = await openSegmentStore(folder, config, silentLog, disk);
  t.after(() => store.close());
  return store;
}

/** What a modality announces for instance `serial`. */
export function arrivalOf(serial: number, overrides: Partial<Arrival> = {}): Arrival {
  return {
    arrivedAtMs: 1_790_000_000_000 + serial,
    callingAeTitle: 'CT1',
    sopClassUid: ctImageStorage,
    sopInstanceUid: `1.2.3.${serial}`,
    transferSyntaxUid: explicitLittleEndian,
    fileHeader: new Uint8Array(300).fill(7),
    ...overrides,
  };
}

/** Dataset bytes that differ by `serial`. */
export function datasetOf(serial: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = at * 7 + serial * 13 + (at >> 8);
  return bytes;
}

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export const someIds = { studyInstanceUid: '1.2.3', seriesInstanceUid: '1.2.3.4' };

/** Stores one instance in parts of `partSize`, waiting where the store says so. */
export async function storeInstance(
  store: InstanceStore,
  serial: number,
  dataset: Uint8Array,
  partSize = 16_384,
): Promise<Result<StoredRecord, StoreFault>> {
  const begun = await store.begin(arrivalOf(serial));
  if (!begun.ok) return begun;
  const writer = begun.value;
  for (let at = 0; at < dataset.length; at += partSize) {
    if (!writer.write(dataset.slice(at, at + partSize))) await writer.drained();
  }
  return writer.finish(someIds);
}

export async function recordsOf(
  store: InstanceStore,
  from: ReadonlyMap<string, number> = new Map(),
): Promise<readonly StoredRecord[]> {
  const records: StoredRecord[] = [];
  for await (const record of store.records(from)) records.push(record);
  return records;
}
