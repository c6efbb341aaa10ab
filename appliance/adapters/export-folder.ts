import { createHash } from 'node:crypto';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ExportShelf, exportPath } from '../housekeeping/export-names.ts';
import { studyKeyOf } from '../intake/identity.ts';
import { storedAttributes } from '../intake/stored-attributes.ts';
import type { InstanceStore } from '../ports-store.ts';
import { createGraves } from '../store/graves.ts';
import type { StoredRecord } from '../store/stored-record.ts';
import { type Disk, systemDisk } from './disk.ts';
import { type ExportedFile, openExportList } from './export-list.ts';
import { readFactLog } from './fact-log-file.ts';
import { findingsOf, listSegments, readPayload } from './segment-reader.ts';

export interface ExportCounts {
  readonly exported: number;
  /** Written by an earlier run. */
  readonly known: number;
  /** No longer as they came; they lie under `_damaged`. */
  readonly damaged: number;
  readonly bytes: number;
}

const stepBytes = 1024 * 1024;
/** So many files become durable together. */
const groupSize = 16;
/** A running box moves a record out of a segment that it gives back: it is looked for again. */
const mostPasses = 20;

/**
 * Writes every stored object (of `study`, or all) as the plain Part 10 file that it is into `target`. Needs no running
 * box and disturbs none; what an earlier run wrote is passed over. What two people discarded or what is purged is not
 * written, what is rejected lies apart. Throws the system's error when the target takes nothing.
 */
export async function exportStored(
  dataDir: string,
  target: string,
  study: string | undefined,
  disk: Disk = systemDisk,
): Promise<ExportCounts> {
  const folder = join(dataDir, 'segments');
  const { graves, rejected } = await readDecisions(dataDir);
  await mkdir(target, { recursive: true, mode: 0o700 });
  const list = await openExportList(target);
  const counts = { exported: 0, known: 0, damaged: 0, bytes: 0 };
  const store: Pick<InstanceStore, 'read'> = {
    read: (record, offset, length) => readPayload(disk, folder, record, offset, length),
  };
  /** Paths of this run: a copy of the same bytes has the same one. */
  const taken = new Set<string>();
  let group: StoredRecord[] = [];

  async function write(): Promise<void> {
    const results = await Promise.all(group.map(exportOne));
    group = [];
    const files = results.filter((each) => each !== undefined);
    for (const path of new Set(files.map((each) => dirname(each.path)))) {
      await disk.syncFolder(join(target, path));
    }
    if (files.length > 0) await list.add(files);
  }

  async function exportOne(record: StoredRecord): Promise<ExportedFile | undefined> {
    const attributes = await storedAttributes(store, { ...record, ...record.arrival });
    const key = attributes && studyKeyOf(attributes, record.arrival.callingAeTitle);
    const owner = key?.study ?? record.studyInstanceUid ?? 'unknown';
    if (study !== undefined && owner !== study) return undefined;
    const { sopInstanceUid } = record.arrival;
    const { datasetSha256, payloadSizeBytes } = record;
    const isRejected = rejected.has(`${sopInstanceUid} ${datasetSha256}`);
    const series = key?.series ?? record.seriesInstanceUid ?? 'unknown';
    const named = { attributes, study: owner, series, datasetSha256 };
    const pathOn = (shelf: ExportShelf) => exportPath(named, shelf);
    const path = pathOn(isRejected ? 'rejected' : undefined);
    if (taken.has(path)) return undefined;
    taken.add(path);
    if (await isThere(path, payloadSizeBytes)) {
      counts.known += 1;
      return undefined;
    }
    const part = join(target, `${path}.part`);
    await mkdir(dirname(part), { recursive: true, mode: 0o700 });
    const { fileSha256, isIntact } = await copy(store, record, part);
    const final = isIntact ? path : pathOn('damaged');
    await mkdir(dirname(join(target, final)), { recursive: true, mode: 0o700 });
    await rename(part, join(target, final));
    counts.bytes += payloadSizeBytes;
    counts[isIntact ? 'exported' : 'damaged'] += 1;
    return {
      ...{ path: final, fileSha256, datasetSha256, sopInstanceUid, study: owner },
      sizeBytes: payloadSizeBytes,
    };
  }

  async function isThere(path: string, sizeBytes: number): Promise<boolean> {
    if (!list.known.has(path)) return false;
    const known = await stat(join(target, path)).catch(() => undefined);
    return known?.size === sizeBytes;
  }

  try {
    const from = new Map<string, number>();
    for (let passes = 0, isMoving = true; isMoving && passes < mostPasses; passes++) {
      isMoving = false;
      for (const segment of await listSegments(disk, folder)) {
        const file = await disk.open(join(folder, segment)).catch(() => undefined);
        if (file === undefined) {
          isMoving = true;
          continue;
        }
        try {
          const start = from.get(segment) ?? 0;
          for await (const found of findingsOf(file, segment, start, await file.size())) {
            if (found.kind !== 'record') continue;
            from.set(segment, found.record.nextOffset);
            if (graves.has(found.record)) continue;
            group.push(found.record);
            if (group.length === groupSize) await write();
          }
        } finally {
          await file.close();
        }
      }
      await write();
    }
  } finally {
    await list.close();
  }
  return counts;
}

/** What people and receipts let go, and what a supervisor set aside. */
async function readDecisions(dataDir: string) {
  const graves = createGraves();
  const rejected = new Set<string>();
  for await (const { fact } of readFactLog(join(dataDir, 'letters')).read(undefined)) {
    graves.note(fact);
    if (fact.fact !== 'rejected' && fact.fact !== 'restored') continue;
    for (const key of fact.instances) {
      if (fact.fact === 'rejected') rejected.add(key.join(' '));
      else rejected.delete(key.join(' '));
    }
  }
  return { graves, rejected };
}

/** Copies the object byte for byte; what cannot be read is cut off there. */
async function copy(
  store: Pick<InstanceStore, 'read'>,
  record: StoredRecord,
  path: string,
): Promise<{ readonly fileSha256: string; readonly isIntact: boolean }> {
  const whole = createHash('sha256');
  const dataset = createHash('sha256');
  const { payloadSizeBytes, fileHeaderSizeBytes, datasetSha256 } = record;
  const file = await open(path, 'w', 0o600);
  try {
    for (let at = 0; at < payloadSizeBytes; ) {
      const end = at < fileHeaderSizeBytes ? fileHeaderSizeBytes : payloadSizeBytes;
      const bytes = await store.read(record, at, Math.min(stepBytes, end - at));
      if (!bytes.ok) break;
      whole.update(bytes.value);
      if (at >= fileHeaderSizeBytes) dataset.update(bytes.value);
      await file.writeFile(bytes.value);
      at += bytes.value.length;
    }
    await file.datasync();
  } finally {
    await file.close();
  }
  return {
    fileSha256: whole.digest('hex'),
    isIntact: dataset.digest('hex') === datasetSha256,
  };
}
