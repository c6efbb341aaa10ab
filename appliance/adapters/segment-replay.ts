import { join } from 'node:path';
import { passage } from '#sync/core/failpoint.ts';
import type { Log } from '#sync/core/log.ts';
import type { StoredRecord } from '../store/stored-record.ts';
import type { Disk, DiskFile } from './disk.ts';
import { findingsOf, isPayloadIntact, sizedSegments } from './segment-reader.ts';

export interface ReplayPorts {
  readonly disk: Disk;
  readonly log: Log;
  /** Behind the last durable record of a segment that this run writes; undefined for any other segment. */
  durableEndOf(segment: string): number | undefined;
  /** Told of each segment that ends in a record never completed. */
  onTorn(segment: string): void;
}

/**
 * Every whole record of all segments, from the offsets in `from` on. The last record of a segment that an earlier
 * run left is made durable and hashed first: nobody knows whether its `fdatasync` came back (FORMAT.md, Reading).
 */
export async function* replaySegments(
  folder: string,
  from: ReadonlyMap<string, number>,
  ports: ReplayPorts,
): AsyncGenerator<StoredRecord> {
  for await (const { segment: name, sizeBytes } of sizedSegments(ports.disk, folder)) {
    const durableEnd = ports.durableEndOf(name);
    // Nearly all segments of a box that ran for years: nothing of them is opened.
    if (durableEnd === undefined && from.get(name) === sizeBytes) continue;
    const file = await ports.disk.open(join(folder, name));
    try {
      const end = durableEnd ?? (await file.size());
      const start = from.get(name) ?? 0;
      if (start > end && start !== Number.MAX_SAFE_INTEGER)
        ports.log.error('store/shorter', { segment: name, offset: start, size: end });
      for await (const found of findingsOf(file, name, start, end)) {
        if (found.kind === 'damaged') {
          ports.log.error('store/damaged', { segment: name, offset: found.offset });
        } else if (found.kind === 'torn') {
          ports.onTorn(name);
        } else if (
          found.isFollowed ||
          durableEnd !== undefined ||
          (await adopt(file, found.record, ports.log))
        ) {
          yield found.record;
        } else {
          ports.onTorn(name);
        }
      }
    } finally {
      await file.close();
    }
  }
}

/** Makes a record of uncertain standing durable; false when its bytes are not all there. */
async function adopt(file: DiskFile, record: StoredRecord, log: Log): Promise<boolean> {
  try {
    await file.sync();
    passage('segment/adopted');
  } catch (cause) {
    const { segment, recordOffset } = record;
    log.error('store/not-adopted', { segment, offset: recordOffset, cause: String(cause) });
    return false;
  }
  return isPayloadIntact(file, record);
}
