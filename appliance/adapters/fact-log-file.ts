import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { concat } from '#sync/core/bytes.ts';
import { passage } from '#sync/core/failpoint.ts';
import { fail, ok } from '#sync/core/result.ts';
import type { FactLog, FactPosition } from '../ports-facts.ts';
import type { BoxFact } from '../store/facts.ts';
import { decodeFact, encodeFact } from '../store/facts.ts';
import { systemDisk } from './disk.ts';
import { writeFaultOf } from './segment-fault.ts';

const namePattern = /^facts-(\d{6})\.log$/;
const newline = 0x0a;
const action = 'write down a fact';

/** The facts of the folder `dir`, for reading only. */
export function readFactLog(dir: string): Pick<FactLog, 'read' | 'damagedLines'> {
  let damaged = 0;
  return {
    async *read(from) {
      for (const name of await namesIn(dir)) {
        if (from && name < from.file) continue;
        const start = from?.file === name ? from.offset : 0;
        for await (const { line, offset } of linesOf(join(dir, name), start)) {
          const fact = decodeFact(line);
          if (fact) yield { fact, position: { file: name, offset } satisfies FactPosition };
          else damaged += 1;
        }
      }
    },
    damagedLines: () => damaged,
  };
}

/**
 * Opens the log of facts in the folder `dir`: numbered files of one line a fact. A line torn by a power cut is never
 * cut off: writing goes on in a new file. Throws the system's error when the folder cannot be used.
 */
export async function openFactLog(dir: string): Promise<FactLog> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const newest = (await namesIn(dir)).at(-1);
  if (newest !== undefined) await syncFile(join(dir, newest));
  let current = await openLast(dir, newest);
  let isBroken = false;
  let last: Promise<unknown> = Promise.resolve();

  async function append(facts: readonly BoxFact[]) {
    if (isBroken) return fail(writeFaultOf(action, new Error('it failed before')));
    const bytes = concat(...facts.map(encodeFact));
    try {
      await current.file.appendFile(bytes);
      passage('facts/written');
      await current.file.datasync();
      passage('facts/durable');
    } catch (cause) {
      const fault = writeFaultOf(action, cause);
      // Whatever part of it is there stays as a torn line; nothing is written behind it.
      isBroken = fault.kind !== 'store/full' || !(await startAnew());
      return fail(fault);
    }
    current.offset += bytes.length;
    return ok({ file: current.name, offset: current.offset });
  }

  async function startAnew(): Promise<boolean> {
    try {
      await current.file.close();
      current = await openNext(dir, current.name);
      return true;
    } catch {
      return false;
    }
  }

  return {
    ...readFactLog(dir),
    append: (facts) => {
      const mine = last.then(() => append(facts));
      last = mine;
      return mine;
    },
    close: async () => {
      await last;
      await current.file.close();
    },
  };
}

/**
 * The file at `path`, whole lines of facts, becomes the newest of the log in `dir`: all of its facts or none. Nothing
 * happens when it is gone, since then it was done before. Nobody writes the log meanwhile. Durable on return.
 */
export async function joinFactLog(dir: string, path: string): Promise<void> {
  const isThere = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw cause;
  });
  if (isThere) {
    const names = await namesIn(dir);
    await rename(path, join(dir, nameAfter(names.at(-1))));
    passage('take-over-log/renamed');
  }
  await systemDisk.syncFolder(dir);
  passage('take-over-log/durable');
}

interface OpenFile {
  readonly name: string;
  readonly file: FileHandle;
  offset: number;
}

async function namesIn(dir: string): Promise<readonly string[]> {
  return (await readdir(dir)).filter((name) => namePattern.test(name)).sort();
}

/** A run that was killed before its fsync left lines that are read now, and that a power cut could still take. */
async function syncFile(path: string): Promise<void> {
  const file = await systemDisk.open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function openLast(dir: string, name: string | undefined): Promise<OpenFile> {
  if (name === undefined) return openNext(dir, undefined);
  const path = join(dir, name);
  const { size } = await stat(path);
  if (size > 0 && !(await endsWhole(path, size))) return openNext(dir, name);
  return { name, file: await open(path, 'a', 0o600), offset: size };
}

async function openNext(dir: string, last: string | undefined): Promise<OpenFile> {
  const name = nameAfter(last);
  const file = await open(join(dir, name), 'ax', 0o600);
  await systemDisk.syncFolder(dir);
  return { name, file, offset: 0 };
}

function nameAfter(last: string | undefined): string {
  const number = Number(namePattern.exec(last ?? '')?.[1] ?? 0) + 1;
  return `facts-${String(number).padStart(6, '0')}.log`;
}

async function endsWhole(path: string, size: number): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(new Uint8Array(1), 0, 1, size - 1);
    return buffer[0] === newline;
  } finally {
    await file.close();
  }
}

/** Whole lines from `start` on with the offset behind each; what follows the last newline is torn and left out. */
async function* linesOf(
  path: string,
  start: number,
): AsyncGenerator<{ readonly line: Uint8Array; readonly offset: number }> {
  let rest: Uint8Array = new Uint8Array();
  let offset = start;
  for await (const piece of createReadStream(path, { start })) {
    let bytes = rest.length === 0 ? (piece as Uint8Array) : concat(rest, piece as Uint8Array);
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline)) {
      offset += end + 1;
      yield { line: bytes.subarray(0, end), offset };
      bytes = bytes.subarray(end + 1);
    }
    rest = Uint8Array.from(bytes);
  }
}
