import { constants } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, rename, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { passageOf } from '#sync/core/failpoint.ts';
import { type Fault, fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { inheritedFacts } from '../intake/inherit.ts';
import { type BoxFact, encodeFact } from '../store/facts.ts';
import { parseSegmentName, segmentName } from '../store/segment-header.ts';
import { systemDisk } from './disk.ts';
import { joinFactLog, readFactLog } from './fact-log-file.ts';
import type { WriteDurably } from './letter-files-folder.ts';

/** What came from the folder of another box. */
export interface TakenOver {
  readonly segments: number;
  readonly bytes: number;
  readonly facts: number;
}

const noteSchema = z.strictObject({
  format: z.literal(1),
  /** Added to the number of each segment. */
  base: z.int().positive(),
  /** How many facts stand in `factsPath`, and once that file is gone, in the log; absent before. */
  facts: z.int().nonnegative().optional(),
  isDone: z.boolean(),
});

type Note = z.infer<typeof noteSchema>;

/**
 * Copies what the folder `from` of another box holds into `dataDir`, whose program does not run: segments under new
 * names, reports and letters as they are, then its facts as they count here. `code` names the other box. Cut short
 * anywhere, it goes on when it is called again, and each fact comes once; done, it is refused. Nothing in `from` is
 * changed, and no key is taken. Throws the system's error.
 */
export async function takeOverFolder(
  from: string,
  dataDir: string,
  code: string,
  ports: { readonly writeDurably: WriteDurably; readonly nowMs: number },
): Promise<Result<TakenOver, Fault>> {
  const notePath = join(dataDir, `taken-over-${code}.json`);
  const note = await readNote(notePath);
  if (note?.isDone) return fail(doneBefore(code));
  const own = await segmentsIn(join(dataDir, 'segments'));
  const theirs = await segmentsIn(join(from, 'segments'));
  const bytes = theirs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const base = note?.base ?? Math.max(0, ...own.map(({ number }) => number)) + 1;
  const names = new Set(own.map(({ name }) => name));
  const missing = theirs.filter(({ name }) => !names.has(renamed(name, base)));
  const neededBytes = missing.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const { bavail, bsize } = await statfs(dataDir);
  if (neededBytes > bavail * bsize) return fail(noRoom(neededBytes - bavail * bsize));
  const write = (change: Partial<Note>) => {
    const next: Note = { format: 1, base, isDone: false, facts: note?.facts, ...change };
    return ports.writeDurably(notePath, JSON.stringify(next), { as: 'take-over-note' });
  };
  if (note === undefined) await write({});
  for (const { name } of missing) {
    const to = join(dataDir, 'segments', renamed(name, base));
    await copyWhole(join(from, 'segments', name), to, dataDir, 'take-over-segment');
  }
  for (const folder of ['reports', 'quarantine', 'letters']) {
    await copyLetters(join(from, folder), join(dataDir, folder), dataDir);
  }
  const factsPath = join(dataDir, `taken-over-${code}.facts`);
  let facts = note?.facts;
  if (facts === undefined) {
    const inherited = await factsFor(from, dataDir, {
      segmentOf: (name) => renamed(name, base),
      atMs: ports.nowMs,
    });
    await ports.writeDurably(factsPath, linesOf(inherited), { as: 'take-over-facts' });
    facts = inherited.length;
    await write({ facts });
  }
  // All of them at once, by a rename: when the file is gone, they are in the log.
  await joinFactLog(join(dataDir, 'letters'), factsPath);
  await write({ facts, isDone: true });
  return ok({ segments: theirs.length, bytes, facts });
}

/** Documents and packs are named by their digest, so one that is there is the same, and whole. */
async function copyLetters(from: string, to: string, dataDir: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  const own = new Set(await namesIn(to));
  for (const name of await namesIn(from)) {
    if (!/^[0-9a-f]{64}(\.spk|\.txt)?$/.test(name) || own.has(name)) continue;
    await copyWhole(join(from, name), join(to, name), dataDir, 'take-over-letter');
  }
}

/** The name stands for all bytes, on the disk: cut short, nothing half-copied is taken for whole the next time. */
async function copyWhole(
  from: string,
  to: string,
  dataDir: string,
  as: 'take-over-segment' | 'take-over-letter',
): Promise<void> {
  const part = join(dataDir, 'taken-over.part');
  await copyFile(from, part, constants.COPYFILE_FICLONE);
  passageOf(as, 'written');
  const file = await open(part, 'r+');
  try {
    await file.chmod(0o600);
    await file.sync();
    passageOf(as, 'synced');
  } finally {
    await file.close();
  }
  await rename(part, to);
  passageOf(as, 'renamed');
  await systemDisk.syncFolder(dirname(to));
  passageOf(as, 'durable');
}

/** What the other box wrote down, as it counts here. */
async function factsFor(
  from: string,
  dataDir: string,
  own: { readonly segmentOf: (name: string) => string; readonly atMs: number },
): Promise<readonly BoxFact[]> {
  const theirs: BoxFact[] = [];
  for await (const { fact } of readFactLog(join(from, 'letters')).read(undefined))
    theirs.push(fact);
  const callers = new Set<string>();
  for await (const { fact } of readFactLog(join(dataDir, 'letters')).read(undefined)) {
    if (fact.fact === 'caller') callers.add(`${fact.aeTitle} ${fact.address}`);
  }
  return inheritedFacts(theirs, {
    ...own,
    knowsCaller: (aeTitle, address) => callers.has(`${aeTitle} ${address}`),
  });
}

async function* linesOf(facts: readonly BoxFact[]): AsyncGenerator<Uint8Array> {
  for (const each of facts) yield encodeFact(each);
}

async function segmentsIn(folder: string) {
  const found: { name: string; number: number; sizeBytes: number }[] = [];
  for (const name of await namesIn(folder)) {
    const number = parseSegmentName(name)?.number;
    if (number === undefined) continue;
    found.push({ name, number, sizeBytes: (await stat(join(folder, name))).size });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function renamed(name: string, base: number): string {
  const parsed = parseSegmentName(name);
  return parsed ? segmentName(parsed.lane, parsed.number + base) : name;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw cause;
  });
}

async function readNote(path: string): Promise<Note | undefined> {
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw cause;
  });
  return text === undefined ? undefined : noteSchema.parse(JSON.parse(text));
}

function doneBefore(code: string): Fault {
  return fault(
    'take-over/done',
    `Nothing was done: what box ${code} held is here already`,
    'Start the appliance; what is not delivered is sealed and sent',
  );
}

function noRoom(missingBytes: number): Fault {
  return fault(
    'take-over/no-room',
    `Cannot take the studies over: ${Math.ceil(missingBytes / 1e9)} GB more are needed on this disk`,
    'Let the box send and purge what it has first, or give it a larger disk',
  );
}
