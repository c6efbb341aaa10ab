import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { concat } from '#sync/core/bytes.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { StoreFault } from '../ports-store.ts';
import { type Found, scanSegment } from '../store/scan.ts';
import { parseSegmentName } from '../store/segment-header.ts';
import type { StoredRecord } from '../store/stored-record.ts';
import type { Disk, DiskFile } from './disk.ts';
import { isShortage, readFaultOf } from './segment-fault.ts';
import { storedRecordOf } from './segment-record.ts';

const hashStepBytes = 1024 * 1024;
const sectorBytes = 512;
const sizesAtOnce = 64;

/** Names of the segments of a folder, by lane, then by age. */
export async function listSegments(disk: Disk, folder: string): Promise<readonly string[]> {
  const names = await disk.list(folder);
  return names.filter((name) => parseSegmentName(name) !== undefined).sort();
}

/** The segments of a folder with their lengths, none of them opened: a box of years has tens of thousands. */
export async function* sizedSegments(
  disk: Disk,
  folder: string,
): AsyncGenerator<{ readonly segment: string; readonly sizeBytes: number }> {
  const names = await listSegments(disk, folder);
  for (let at = 0; at < names.length; at += sizesAtOnce) {
    const some = names.slice(at, at + sizesAtOnce);
    const sizes = await Promise.all(some.map((name) => disk.size(join(folder, name))));
    for (const [index, segment] of some.entries()) yield { segment, sizeBytes: sizes[index] ?? 0 };
  }
}

/**
 * A range of the payload of a record; `store/damaged` when the segment does not hold it any more. Throws the system's
 * error when the machine is short of something (`isShortage`).
 */
export async function readPayload(
  disk: Disk,
  folder: string,
  record: Pick<StoredRecord, 'segment' | 'payloadOffset' | 'payloadSizeBytes'>,
  offset: number,
  length: number,
): Promise<Result<Uint8Array, StoreFault>> {
  if (offset < 0 || length < 0 || offset + length > record.payloadSizeBytes) {
    throw new RangeError(
      `Range ${offset}+${length} leaves a payload of ${record.payloadSizeBytes}`,
    );
  }
  const action = `read ${length} bytes of segment "${record.segment}"`;
  try {
    const bytes = await withFile(disk, folder, record.segment, (file) =>
      file.read(record.payloadOffset + offset, length),
    );
    return bytes.length === length
      ? ok(bytes)
      : fail(readFaultOf(action, new Error('the file ends before')));
  } catch (cause) {
    if (isShortage(cause)) throw cause;
    return fail(readFaultOf(action, cause));
  }
}

/** Whether the dataset still has the digest that its tail names; reads all of it. False also when it cannot be read. */
export async function isPayloadIntact(file: DiskFile, record: StoredRecord): Promise<boolean> {
  const hash = createHash('sha256');
  const end = record.payloadOffset + record.payloadSizeBytes;
  let at = record.payloadOffset + record.fileHeaderSizeBytes;
  try {
    while (at < end) {
      const bytes = await file.read(at, Math.min(hashStepBytes, end - at));
      if (bytes.length === 0) return false;
      hash.update(bytes);
      at += bytes.length;
    }
  } catch (cause) {
    if (isShortage(cause)) throw cause;
    return false;
  }
  return hash.digest('hex') === record.datasetSha256;
}

/** What a scan of one segment finds, with records as the port has them. */
export type SegmentFinding =
  | { readonly kind: 'record'; readonly record: StoredRecord; readonly isFollowed: boolean }
  | Exclude<Found, { readonly kind: 'record' }>;

/** Scans `file`, the segment `name`, from `from` to `end`. */
export async function* findingsOf(
  file: DiskFile,
  name: string,
  from: number,
  end: number,
): AsyncGenerator<SegmentFinding> {
  const readAt = (offset: number, length: number): Promise<Uint8Array> =>
    readAround(file, offset, Math.max(0, Math.min(length, end - offset)));
  for await (const found of scanSegment(readAt, end, from)) {
    if (found.kind !== 'record') yield found;
    else {
      const { head, tail, layout, isFollowed } = found;
      yield { kind: 'record', record: storedRecordOf(name, head, tail, layout), isFollowed };
    }
  }
}

export async function withFile<T>(
  disk: Disk,
  folder: string,
  name: string,
  work: (file: DiskFile) => Promise<T>,
): Promise<T> {
  const file = await disk.open(join(folder, name));
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** Reads around bad sectors: each one reads as FF, which no block can be, so the scan calls it damaged and goes on. */
async function readAround(file: DiskFile, offset: number, length: number): Promise<Uint8Array> {
  try {
    return await file.read(offset, length);
  } catch {
    const sectors: Uint8Array[] = [];
    for (let at = 0; at < length; at += sectorBytes) {
      const size = Math.min(sectorBytes, length - at);
      sectors.push(await file.read(offset + at, size).catch(() => new Uint8Array(size).fill(0xff)));
    }
    return concat(...sectors);
  }
}
