import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSegmentStore } from '#appliance/adapters/segment-store.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { readAttributes } from '#sync/dicom/attributes.ts';
import { recognizeFile } from '#sync/dicom/recover.ts';
import { batchesOf, type OutgoingDataset, type ScuOutcome, storeBatch } from './storage-scu.ts';

export const samplesDir = fileURLToPath(new URL('../../../shared/data/dicom/', import.meta.url));
/** Why tests with samples are skipped, or false. */
export const skipSamples = existsSync(`${samplesDir}MANIFEST.tsv`)
  ? false
  : 'the sample data is not on this machine';

/** What the manifest lists, by path. */
export function samplePaths(folders: RegExp): readonly string[] {
  return readFileSync(`${samplesDir}MANIFEST.tsv`, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t')[0] ?? '')
    .filter((path) => folders.test(path));
}

export const bytesOfSample = (path: string): Uint8Array =>
  new Uint8Array(readFileSync(join(samplesDir, path)));

/** SHA-256 of everything behind group 0002, or undefined when nothing tells that it is DICOM. */
export function digestOfSample(path: string): string | undefined {
  const bytes = bytesOfSample(path);
  const found = recognizeFile(bytes);
  return found.ok ? sha256(bytes.subarray(found.value.datasetAt)) : undefined;
}

/** The Study Instance UID that a sample names. */
export function studyOfSample(path: string): string | undefined {
  const bytes = bytesOfSample(path);
  const found = recognizeFile(bytes);
  if (!found.ok) return undefined;
  const read = readAttributes(bytes.subarray(found.value.datasetAt), found.value, true);
  return read.ok ? read.value.studyInstanceUid : undefined;
}

/**
 * Sends each sample's bytes as they are by C-STORE, announced as what it is. The outcome: `stored`, the status of
 * the answer, or why nothing was sent.
 */
export async function sendSamples(
  port: number,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const outcomes = new Map<string, string>();
  const objects: (OutgoingDataset & { readonly path: string })[] = [];
  for (const path of paths) {
    const found = recognizeFile(bytesOfSample(path));
    if (!found.ok) outcomes.set(path, 'no object');
    else {
      const { datasetAt, fileHeader: _, ...announced } = found.value;
      objects.push({ ...announced, path, dataset: () => bytesOfSample(path).subarray(datasetAt) });
    }
  }
  const target = { host: '127.0.0.1', port, calledAeTitle: 'OUTPOST', callingAeTitle: 'CT1' };
  let next = 0;
  for (const batch of batchesOf(objects, 40)) {
    const told = await storeBatch(target, batch, { signal: AbortSignal.timeout(120_000) });
    for (const outcome of told) outcomes.set(objects[next++]?.path ?? '', textOf(outcome));
  }
  return outcomes;
}

/** Copies samples into the hot folder, each in a folder of its own tree. */
export async function dropSamples(folder: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(join(samplesDir, path), target);
  }
}

/** Files that are still in the hot folder, and those set aside with the reason, by the end of their name. */
export function leftIn(folder: string): {
  readonly waiting: readonly string[];
  readonly rejected: ReadonlyMap<string, string>;
} {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  const rejected = new Map<string, string>();
  for (const name of all.filter((each) => each.startsWith('rejected/') && each.endsWith('.txt'))) {
    const key = name.slice('rejected/'.length, -'.txt'.length).replace(/^\d+-(\d+-)?/, '');
    rejected.set(key, readFileSync(join(folder, name), 'utf8').trim());
  }
  return { waiting: all.filter((name) => !name.startsWith('rejected/')), rejected };
}

/** Every object in the segments by the digest of its dataset, hashed from the bytes that are on the disk. */
export async function storedObjects(
  dataDir: string,
): Promise<ReadonlyMap<string, readonly Uint8Array[]>> {
  const store = await openSegmentStore(join(dataDir, 'segments'), { reserveBytes: 0 }, silentLog);
  const objects = new Map<string, readonly Uint8Array[]>();
  for await (const record of store.records(new Map())) {
    const payload = expectOk(await store.read(record, 0, record.payloadSizeBytes));
    const digest = sha256(payload.subarray(record.fileHeaderSizeBytes));
    objects.set(digest, [...(objects.get(digest) ?? []), payload]);
  }
  await store.close();
  return objects;
}

function textOf(outcome: ScuOutcome): string {
  if (outcome.kind !== 'answered') return outcome.kind;
  if (outcome.status === 0) return 'stored';
  return `${outcome.status.toString(16).toUpperCase().padStart(4, '0')} ${outcome.comment}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
