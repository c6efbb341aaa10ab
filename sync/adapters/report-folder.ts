import { lstat, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { watch } from 'chokidar';
import type { DroppedReport, ReportDoor } from '../center/ports-reports.ts';
import { maxDocumentBytes, nameParts } from '../center/report.ts';
import { utf8Text } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import { errorCode } from '../core/error-code.ts';
import { passage } from '../core/failpoint.ts';
import { makeDurableFolder, namesIn, onDisk } from './center-disk.ts';
import { syncFolder, writeDurably } from './durable-file.ts';
import { openForeign, readRange } from './spool-folder-files.ts';

/** A JSON file beside a report is a few lines. */
const maxSidecarBytes = 64 * 1024;

/** A file that is still being copied changes within this time. */
const settleMs = 1_000;

/** Network shares tell no events; the folder is looked at this often all the same. */
const pollMs = 2_000;

/** No file is there; nor can one be whose name, made of the longest one and `.json`, is too long. */
const absent: ReadonlySet<string> = new Set(['ENOENT', 'ENAMETOOLONG']);

const extensions: ReadonlySet<string> = new Set(['pdf', 'txt', 'dcm']);

/**
 * The drop folder for reports. `done/` and `unmatched/` below it are made here. Files of other kinds are left alone:
 * the folder may be shared.
 */
export async function openReportFolder(
  folder: string,
  clock: Pick<Clock, 'monotonicMs' | 'wait'>,
): Promise<ReportDoor> {
  const done = join(folder, 'done');
  const unmatched = join(folder, 'unmatched');
  await mkdir(folder, { recursive: true, mode: 0o770 });
  for (const each of [done, unmatched]) await makeDurableFolder(each);
  const looks = new Map<string, Look>();

  async function read(name: string): Promise<DroppedReport | undefined> {
    const file = await readRegular(join(folder, name), maxDocumentBytes);
    if (file === undefined) return undefined;
    const sidecar = await readRegular(join(folder, sidecarOf(name)), maxSidecarBytes);
    return {
      name,
      bytes: file.bytes,
      modifiedAtMs: file.modifiedAtMs,
      // Bytes that are no text are refused by the parser as no JSON.
      sidecar: sidecar && (utf8Text(sidecar.bytes) ?? '\0'),
    };
  }

  async function freeNameIn(to: string, name: string): Promise<string> {
    const fitting = fittingName(name);
    const { stem, extension } = nameParts(fitting);
    let free = fitting;
    for (let n = 2; (await lookAt(join(to, free))) !== undefined; n++) {
      free = `${stem}.${n}.${extension}`;
    }
    return free;
  }

  async function move(name: string, to: string, free: string): Promise<void> {
    const sidecar = sidecarOf(name);
    if ((await lookAt(join(folder, sidecar))) !== undefined) {
      await rename(join(folder, sidecar), join(to, sidecarOf(free)));
    }
    await rename(join(folder, name), join(to, free));
    passage('report-source/moved');
    await syncFolder(to);
    await syncFolder(folder);
  }

  return {
    list: () =>
      onDisk(async () => {
        const names = (await namesIn(folder)).filter((name) =>
          extensions.has(nameParts(name).extension),
        );
        for (const name of looks.keys()) if (!names.includes(name)) looks.delete(name);
        const stable: string[] = [];
        for (const name of names) {
          const stamp = await stampOf(folder, name);
          const before = looks.get(name);
          if (stamp === undefined) continue;
          if (before?.stamp !== stamp) looks.set(name, { stamp, sinceMs: clock.monotonicMs() });
          else if (clock.monotonicMs() - before.sinceMs >= settleMs) stable.push(name);
        }
        return stable;
      }),
    read: (name) => onDisk(() => read(name)),
    moveToDone: (name) => onDisk(async () => move(name, done, await freeNameIn(done, name))),
    moveToUnmatched: (name, reason) =>
      onDisk(async () => {
        // The reason first: once the report is moved, nobody would come back to give it.
        const free = await freeNameIn(unmatched, name);
        await writeDurably(join(unmatched, `${free}.reason.txt`), `${reason}\n`, {
          as: 'report-reason',
        });
        await move(name, unmatched, free);
      }),
    watch: (onChange, signal) => {
      if (signal.aborted) return;
      const watcher = watch(folder, { ignoreInitial: true, depth: 0, followSymlinks: false });
      watcher.on('all', onChange);
      watcher.on('error', onChange);
      signal.addEventListener('abort', () => void watcher.close(), { once: true });
      void poll(clock, onChange, signal);
    },
  };
}

interface Look {
  readonly stamp: string;
  readonly sinceMs: number;
}

/** `ACC-1.pdf` has `ACC-1.json` beside it. */
function sidecarOf(name: string): string {
  return `${nameParts(name).stem}.json`;
}

/** A name that leaves room for `.reason.txt` and a temporary name in the 255 bytes of a file system. */
function fittingName(name: string): string {
  const { stem, extension } = nameParts(name);
  return Buffer.byteLength(name) <= 200 ? name : `${[...stem].slice(0, 45).join('')}.${extension}`;
}

/** Size and time of a regular file and of its JSON; a symlink or a folder has none. */
async function stampOf(folder: string, name: string): Promise<string | undefined> {
  const file = await lookAt(join(folder, name));
  if (!file?.isFile()) return undefined;
  const sidecar = await lookAt(join(folder, sidecarOf(name)));
  return [file, sidecar].map((each) => `${each?.size} ${each?.mtimeMs}`).join(' ');
}

async function lookAt(path: string) {
  try {
    return await lstat(path);
  } catch (cause) {
    if (absent.has(errorCode(cause) ?? '')) return undefined;
    throw cause;
  }
}

/** Reads one byte more than allowed at most, so that a file too large is refused by its reader, with a reason. */
async function readRegular(
  path: string,
  maxBytes: number,
): Promise<{ readonly bytes: Uint8Array; readonly modifiedAtMs: number } | undefined> {
  try {
    const file = await openForeign(path);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) return undefined;
      const bytes = await readRange(file, 0, Math.min(stat.size, maxBytes + 1));
      return { bytes, modifiedAtMs: stat.mtimeMs };
    } finally {
      await file.close();
    }
  } catch (cause) {
    const code = errorCode(cause) ?? '';
    if (absent.has(code) || code === 'ELOOP') return undefined;
    throw cause;
  }
}

async function poll(
  clock: Pick<Clock, 'wait'>,
  onChange: () => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.wait(pollMs, signal);
    onChange();
  }
}
