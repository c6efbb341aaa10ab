import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { watch } from 'chokidar';
import { passage } from '#sync/core/failpoint.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';
import { dimseStatus } from '#sync/dimse/command.ts';
import { finishInstance, type ReceptionPorts } from '../intake/reception.ts';
import { systemDisk } from './disk.ts';

const stepBytes = 1024 * 1024;
const headBytes = 64 * 1024;
const pollMs = 2_000;
const rejected = 'rejected';
/** The index of a CD (PS3.3 F): names images and is none. */
const mediaStorageDirectory = '1.2.840.10008.1.3.10';

type ImportPorts = Omit<ReceptionPorts, 'callers' | 'book' | 'isFull'>;

/** What became of one file: in the store, left where it is for now, or set aside with a reason. */
type ImportOutcome = 'stored' | 'later' | { readonly reject: string };

/**
 * Takes Part 10 files from `dir` until `signal`. A file is taken when it is regular and did not change between two
 * looks; it is removed once its copy is durable. What cannot be taken goes to `rejected/` with a line that says why.
 */
export async function importFolder(
  dir: string,
  ports: ImportPorts,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(join(dir, rejected), { recursive: true });
  let wake = (): void => undefined;
  const watcher = watch(dir, { ignoreInitial: true, depth: 8, followSymlinks: false });
  watcher.on('all', () => wake());
  watcher.on('error', () => wake());
  let seen = new Map<string, string>();
  while (!signal.aborted) {
    seen = await look(dir, ports, seen, signal).catch((cause: unknown) => {
      const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
      ports.log.warn('appliance/import-folder', { reason });
      return new Map();
    });
    // A wake helps only while nothing is being watched for its second look.
    const woken = new Promise<void>((resolve) => {
      wake = seen.size === 0 ? resolve : () => undefined;
    });
    const next = new AbortController();
    await Promise.race([ports.clock.wait(pollMs, AbortSignal.any([signal, next.signal])), woken]);
    next.abort();
  }
  await watcher.close();
}

/** One look: takes what has not changed since the last one. The answer is how each file looks now. */
async function look(
  dir: string,
  ports: ImportPorts,
  before: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const now = new Map<string, string>();
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (signal.aborted || !entry.isFile() || isRejected(dir, path)) continue;
    const file = await openSource(path);
    if (!file) continue;
    try {
      const { size, mtimeMs } = await file.stat();
      const shape = `${size} ${mtimeMs}`;
      if (before.get(path) !== shape) now.set(path, shape);
      else await settle(dir, path, await importFile(file, size, ports), ports);
    } finally {
      await file.close();
    }
  }
  return now;
}

async function importFile(
  file: FileHandle,
  sizeBytes: number,
  ports: ImportPorts,
): Promise<ImportOutcome> {
  const head = await readAt(file, 0, Math.min(headBytes, sizeBytes));
  const header = readFileHeader(head);
  if (!header.ok) return { reject: header.fault.message };
  const { fileHeaderSizeBytes, ...announced } = header.value;
  if (announced.sopClassUid === mediaStorageDirectory) {
    return { reject: 'It is the index of a medium (DICOMDIR), not an image' };
  }
  const fileHeader = head.slice(0, fileHeaderSizeBytes);
  const arrivedAtMs = ports.clock.nowMs();
  const writer = await ports.store.begin({
    arrivedAtMs,
    callingAeTitle: '',
    ...announced,
    fileHeader,
  });
  if (!writer.ok) {
    if (writer.fault.kind === 'store/full') ports.onFull();
    return writer.fault.kind === 'store/too-large' ? { reject: writer.fault.message } : 'later';
  }
  for (let at = fileHeaderSizeBytes; at < sizeBytes; at += stepBytes) {
    const bytes = await readAt(file, at, Math.min(stepBytes, sizeBytes - at));
    if (bytes.length > 0 && !writer.value.write(bytes)) await writer.value.drained();
  }
  const datasetSizeBytes = sizeBytes - fileHeaderSizeBytes;
  const answer = await finishInstance(ports, '', announced, writer.value, datasetSizeBytes);
  if (answer.status === dimseStatus.success) return 'stored';
  if (answer.status === dimseStatus.outOfResources) return 'later';
  return { reject: answer.comment ?? 'It cannot be read' };
}

async function settle(
  dir: string,
  path: string,
  outcome: ImportOutcome,
  ports: ImportPorts,
): Promise<void> {
  if (outcome === 'later') return;
  if (outcome === 'stored') {
    passage('box-import/stored');
    await rm(path);
    passage('box-import/removed');
    return;
  }
  const target = join(dir, rejected, `${ports.clock.nowMs()}-${endOf(basename(path))}`);
  await writeFile(`${target}.txt`, `${sanitize(outcome.reject)}\n`);
  await rename(path, target);
  await systemDisk.syncFolder(join(dir, rejected));
  passage('box-import/rejected');
  ports.log.warn('appliance/import-rejected');
}

function isRejected(dir: string, path: string): boolean {
  return relative(dir, path).split(sep)[0] === rejected;
}

/** A name, or its end where a stamp before it and `.txt` behind it would be too much for a file system (255 bytes). */
function endOf(name: string): string {
  return Buffer.byteLength(name) <= 200 ? name : [...name].slice(-50).join('');
}

/** Regular files only, and no link out of the folder. */
async function openSource(path: string): Promise<FileHandle | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => undefined);
  if (!file || (await file.stat()).isFile()) return file;
  await file.close();
  return undefined;
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, offset);
  return bytes.subarray(0, bytesRead);
}
