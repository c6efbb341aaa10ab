import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '#sync/core/log.ts';
import { fail, type Result } from '#sync/core/result.ts';
import type { SegmentFiles } from '../housekeeping/ports.ts';
import type { InstanceStore, InstanceWriter, StoreFault } from '../ports-store.ts';
import { parseSegmentName } from '../store/segment-header.ts';
import type { Arrival } from '../store/stored-record.ts';
import { type Disk, systemDisk } from './disk.ts';
import { createBlockPool } from './segment-blocks.ts';
import { closedFault, fullFault, writeFaultOf } from './segment-fault.ts';
import { createFlusher } from './segment-flusher.ts';
import { createLanes, type Lane } from './segment-lanes.ts';
import { listSegments, readPayload } from './segment-reader.ts';
import { createSegmentFiles } from './segment-reclaim.ts';
import { replaySegments } from './segment-replay.ts';
import { createSegmentRoll } from './segment-roll.ts';
import { createSpace } from './segment-space.ts';
import { createWriter, type Ending } from './segment-writer.ts';

export interface SegmentStoreConfig {
  /** Instances written at once; default 8. */
  readonly lanes?: number;
  /** A lane goes on in a new segment from this length on; default 128 MiB. */
  readonly segmentSizeBytes?: number;
  /** Names that are used up although their files may be gone: what is known of a place must never fit another file. */
  readonly usedNames?: Iterable<string>;
  /** Kept free on the file system for everything else; intake is refused before. */
  readonly reserveBytes: number;
}

/**
 * Opens the store of `folder` (created when missing) for writing; one process at a time, which the database beside
 * it sees to. After `store/io` every later write is answered with that fault: the main ends with exit code 75.
 * Read faults are `store/damaged` and concern one record only. Throws when the folder cannot be used at all.
 */
export async function openSegmentStore(
  folder: string,
  {
    lanes: laneCount = 8,
    segmentSizeBytes = 128 * 1024 * 1024,
    reserveBytes,
    usedNames = [],
  }: SegmentStoreConfig,
  log: Log,
  disk: Disk = systemDisk,
): Promise<InstanceStore & { readonly segments: SegmentFiles }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await disk.syncFolder(dirname(folder));
  await disk.syncFolder(folder);
  const lastNumber = lastNumberOf([...(await listSegments(disk, folder)), ...usedNames]);
  const pool = createBlockPool();
  const roll = createSegmentRoll(folder, { segmentSizeBytes, lastNumber }, disk, pool);
  const lanes = createLanes(laneCount);
  const flusher = createFlusher(folder, disk);
  const space = createSpace(folder, reserveBytes, disk);
  const writers = new Set<InstanceWriter>();
  const isAlone = (): boolean => writers.size === 1;
  const torn = new Set<string>();
  let lost: StoreFault | undefined;
  let closing: Promise<void> | undefined;

  /**
   * Ends the use of a lane. With anything but `clean` its segment may end in a record that nobody was told of: its
   * bytes are given back, unless the disk fails, when nothing more is asked of it.
   */
  async function release(lane: Lane, ending: Ending): Promise<void> {
    if (ending !== 'clean') {
      const reason = ending === 'aborted' ? ending : ending.kind;
      const segment = lane.segment?.name ?? '';
      log.warn('store/segment-given-up', { segment, reason });
      if (reason === 'store/io' && ending !== 'aborted') lost = ending;
      const isCut = await (reason === 'store/io' ? roll.end(lane) : roll.cut(lane)).catch(
        () => false,
      );
      if (isCut !== true) torn.add(segment);
      space.forget();
    }
    lanes.giveBack(lane);
  }

  async function beginIn(
    lane: Lane,
    arrival: Arrival,
    mayUseReserve: boolean,
  ): Promise<Result<InstanceWriter, StoreFault>> {
    try {
      if (!mayUseReserve && (await space.isFull())) return fail(fullFault('store an instance'));
      const segment = await roll.segmentOf(lane, arrival.arrivedAtMs);
      const start = segment.endOffset;
      const writer = createWriter(segment, arrival, { flusher, pool, isAlone }, (ending) => {
        if (writer.ok) writers.delete(writer.value);
        space.used(segment.endOffset - start);
        void release(lane, ending);
      });
      if (writer.ok) writers.add(writer.value);
      return writer;
    } catch (cause) {
      const refusal = writeFaultOf('begin a segment', cause);
      if (refusal.kind === 'store/io') lost = refusal;
      return fail(refusal);
    }
  }

  async function closeAll(): Promise<void> {
    for (const writer of writers) writer.abort();
    for (const lane of await lanes.close()) await roll.end(lane);
  }

  return {
    async begin(arrival, mayUseReserve = false) {
      if (lost !== undefined) return fail(lost);
      const lane = closing === undefined ? await lanes.take() : undefined;
      if (lane === undefined) return fail(closedFault());
      const writer = lost === undefined ? await beginIn(lane, arrival, mayUseReserve) : fail(lost);
      if (!writer.ok) lanes.giveBack(lane);
      return writer;
    },
    read: (record, offset, length) => readPayload(disk, folder, record, offset, length),
    records: (from) =>
      replaySegments(folder, from, {
        disk,
        log,
        durableEndOf: roll.durableEndOf,
        onTorn(segment) {
          torn.add(segment);
          log.warn('store/torn-tail', { segment });
        },
      }),
    segments: createSegmentFiles(folder, { disk, isOpen: roll.isOpen }),
    space: () => space.measure(),
    tornTails: () => torn.size,
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}

function lastNumberOf(names: readonly string[]): number {
  return names.reduce((last, name) => Math.max(last, parseSegmentName(name)?.number ?? 0), 0);
}
