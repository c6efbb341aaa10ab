import type {
  FactLog,
  InstanceStore,
  InstanceWriter,
  LetterFiles,
  StoredRecord,
} from '#appliance/ports.ts';
import type { LetterFact } from '#appliance/store/facts.ts';
import { firstRecordOffset, layoutOf } from '#appliance/store/layout.ts';
import { concat } from '#sync/core/bytes.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok } from '#sync/core/result.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import type { Life } from './life.ts';

/** The durable part of a box's data folder, without its catalog. */
export interface BoxDisk {
  readonly lanes: StoredRecord[][];
  /** Part 10 objects by segment and offset. */
  readonly payloads: Map<string, Uint8Array>;
  readonly facts: LetterFact[];
  /** Reports by digest, letters and quarantined packs by pack id. */
  readonly documents: Map<string, Uint8Array>;
  readonly letters: Set<string>;
}

export function createBoxDisk(): BoxDisk {
  return {
    lanes: Array.from({ length: 8 }, () => []),
    payloads: new Map(),
    facts: [],
    documents: new Map(),
    letters: new Set(),
  };
}

const placeOf = (record: Pick<StoredRecord, 'segment' | 'payloadOffset'>): string =>
  `${record.segment} ${record.payloadOffset}`;

/** Removes the bytes of an instance, as a purge does; the digests that were held nowhere else are gone. */
export function purge(disk: BoxDisk, digest: string): void {
  for (const record of disk.lanes.flat()) {
    if (record.datasetSha256 === digest) disk.payloads.delete(placeOf(record));
  }
}

/** The dataset under `digest` as the box holds it now. */
export function isHeld(disk: BoxDisk, digest: string): boolean {
  return disk.lanes.some((lane) =>
    lane.some((record) => record.datasetSha256 === digest && disk.payloads.has(placeOf(record))),
  );
}

/**
 * The store of instances for one life: what is not finished when it ends was never there. With `isHasty` (a planted
 * bug) it answers first and writes later.
 */
export function openInstances(disk: BoxDisk, life: Life, isHasty = false): InstanceStore {
  const busy = new Set<number>();
  return {
    async begin(arrival) {
      const lane = disk.lanes.findIndex((_, index) => !busy.has(index));
      if (lane < 0) return fail(fault('store/full', 'Every lane is busy', 'Wait', 'later'));
      busy.add(lane);
      const pieces: Uint8Array[] = [];
      const writer: InstanceWriter = {
        write: (bytes) => pieces.push(bytes) > 0,
        drained: async () => undefined,
        head: () => concat(...pieces).subarray(0, 65_536),
        abort: () => void busy.delete(lane),
        finish: (ids) =>
          life.write('record', () => {
            const { fileHeader, ...told } = arrival;
            const dataset = concat(...pieces);
            const before = disk.lanes[lane]?.at(-1);
            const payload = concat(fileHeader, dataset);
            const record: StoredRecord = {
              arrival: told,
              segment: `lane-${lane}-0000001.seg`,
              ...layoutOf(before?.nextOffset ?? firstRecordOffset, payload.length),
              fileHeaderSizeBytes: fileHeader.length,
              datasetSha256: datasetSha256(dataset),
              ...ids,
            };
            const keep = (): void => {
              disk.lanes[lane]?.push(record);
              disk.payloads.set(placeOf(record), payload);
              busy.delete(lane);
            };
            if (isHasty) void life.write('record, too late', keep);
            else keep();
            return ok(record);
          }),
      };
      return ok(writer);
    },
    async read(record, offset, length) {
      const bytes = disk.payloads.get(placeOf(record));
      return bytes === undefined
        ? fail(fault('store/damaged', 'It was purged', 'Send it again', 'never'))
        : ok(bytes.slice(offset, offset + length));
    },
    async *records(from) {
      for (const record of disk.lanes.flat()) {
        if (record.recordOffset >= (from.get(record.segment) ?? 0)) yield record;
      }
    },
    space: async () => ({ freeBytes: 2 ** 40, totalBytes: 2 ** 41, isFull: false }),
    tornTails: () => 0,
    close: async () => undefined,
  };
}

export function openFacts(disk: BoxDisk, life: Life, onFact: (fact: LetterFact) => void): FactLog {
  const file = 'facts-0000001.log';
  return {
    append: (facts) =>
      life.write('facts', () => {
        disk.facts.push(...facts);
        facts.forEach(onFact);
        return ok({ file, offset: disk.facts.length });
      }),
    async *read(from) {
      for (const [index, fact] of disk.facts.entries()) {
        if (index >= (from?.offset ?? 0)) yield { fact, position: { file, offset: index + 1 } };
      }
    },
    damagedLines: () => 0,
    close: async () => undefined,
  };
}

export function openLetterFiles(disk: BoxDisk, life: Life): LetterFiles {
  return {
    putReportDocument: (sha256, bytes) =>
      life.write('document', () => {
        disk.documents.set(sha256, bytes.slice());
        return ok(undefined);
      }),
    readReportDocument: async (sha256) => disk.documents.get(sha256)?.slice(),
    quarantine: (packId) =>
      life.write('quarantine', () => {
        disk.letters.add(packId);
        return ok(undefined);
      }),
    keepLetter: (packId) =>
      life.write('letter', () => {
        disk.letters.add(packId);
        return ok(undefined);
      }),
  };
}
