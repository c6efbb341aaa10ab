import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { AssumedCharacterSetOf } from '#sync/dicom/text.ts';
import type { PlacedInstance, StoredObjects } from '../housekeeping/ports.ts';
import type { Cataloguer } from '../intake/cataloguer.ts';
import { isIntact } from '../intake/reading.ts';
import { attributesOf } from '../intake/replay.ts';
import type { InstanceStore, InstanceWriter, StoreFault } from '../ports-store.ts';
import type { StoredRecord } from '../store/stored-record.ts';
import { type Disk, systemDisk } from './disk.ts';
import { isShortage, readFaultOf } from './segment-fault.ts';
import { findingsOf, withFile } from './segment-reader.ts';

const stepBytes = 1024 * 1024;

/** Reads and copies objects of the segments in `dataDir`. */
export function createStoredObjects(
  ports: {
    readonly store: InstanceStore;
    readonly cataloguer: Cataloguer;
    readonly assumedCharacterSetOf?: AssumedCharacterSetOf;
    readonly disk?: Disk;
  },
  dataDir: string,
): StoredObjects {
  const { store, cataloguer, disk = systemDisk } = ports;
  return {
    isIntact: (object, pace) =>
      isIntact(pace === undefined ? store : { read: paced(store, pace) }, object),
    copy: async (object) => {
      // Read once before, since a copy that is given up leaves its bytes behind.
      if (!(await isIntact(store, object))) return fail(changed(object));
      const record = await recordOf(disk, join(dataDir, 'segments'), object);
      if (record === undefined) return fail(changed(object));
      const copied = await copyRecord(store, record);
      if (!copied.ok) return copied;
      const attributes = await attributesOf(ports, copied.value);
      cataloguer.add({ record: copied.value, attributes, isMoved: true });
      return ok(undefined);
    },
    catalogued: () => cataloguer.idle(),
  };
}

function paced(store: InstanceStore, pace: (bytes: number) => Promise<void>) {
  return async (...[record, offset, length]: Parameters<InstanceStore['read']>) => {
    await pace(length);
    return store.read(record, offset, length);
  };
}

/** The record with all that it was announced with, or undefined when its head or tail cannot be read. */
function recordOf(
  disk: Disk,
  folder: string,
  { segment, recordOffset }: PlacedInstance,
): Promise<StoredRecord | undefined> {
  return withFile(disk, folder, segment, async (file) => {
    for await (const found of findingsOf(file, segment, recordOffset, await file.size())) {
      const isThere = found.kind === 'record' && found.record.recordOffset === recordOffset;
      return isThere ? found.record : undefined;
    }
    return undefined;
  }).catch((cause: unknown) => {
    if (isShortage(cause)) throw cause;
    return undefined;
  });
}

async function copyRecord(
  store: InstanceStore,
  record: StoredRecord,
): Promise<Result<StoredRecord, StoreFault>> {
  const fileHeader = await store.read(record, 0, record.fileHeaderSizeBytes);
  if (!fileHeader.ok) return fileHeader;
  const writer = await store.begin({ ...record.arrival, fileHeader: fileHeader.value }, true);
  if (!writer.ok) return writer;
  const filled = await fill(store, record, writer.value);
  if (filled.ok) return writer.value.finish(record);
  writer.value.abort();
  return filled;
}

async function fill(
  store: InstanceStore,
  record: StoredRecord,
  writer: InstanceWriter,
): Promise<Result<void, StoreFault>> {
  const hash = createHash('sha256');
  for (let at = record.fileHeaderSizeBytes; at < record.payloadSizeBytes; at += stepBytes) {
    const bytes = await store.read(record, at, Math.min(stepBytes, record.payloadSizeBytes - at));
    if (!bytes.ok) return bytes;
    hash.update(bytes.value);
    if (!writer.write(bytes.value)) await writer.drained();
  }
  return hash.digest('hex') === record.datasetSha256 ? ok(undefined) : fail(changed(record));
}

function changed({ segment }: { readonly segment: string }): StoreFault {
  return readFaultOf(`copy an instance of segment "${segment}"`, new Error('its bytes changed'));
}
