import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { startEchoes } from './echo-prober.ts';
import { type IntakeCase, intakeCases, senderCommand } from './intake-cases.ts';
import { type MemorySample, measureMemory } from './intake-memory.ts';
import { type CaseSamples, measuredOf, type Sample } from './intake-report.ts';
import { makeSlices, type SentStudy, shares } from './intake-studies.ts';
import { type Bench, type BenchOptions, type Measured, rounded } from './measured.ts';
import { installPeers, missingPeers } from './peers.ts';
import { timed } from './process.ts';
import { calledAeTitle, orthanc, outpost, type ReceiverKind, storescp } from './receivers.ts';

/**
 * Sent before the clock starts, to every receiver, by all senders at once: a box runs for months, and a fresh one would
 * measure its compiler, which works beside the first thousand.
 */
const warmUpStudy = { seed: 1, slices: 1_200, rows: 256 };
const memoryCase = 'memory';
/** Far beyond what any receiver takes; the slowest took half a minute. */
const sendLimitMs = 300_000;

export const intakeBench: Bench = {
  name: 'intake',
  summary:
    'durable C-STORE intake: speed, C-ECHO meanwhile and memory, beside storescp and Orthanc',
  defaultRounds: 3,
  obstacle: () =>
    missingPeers(['storescu', 'dcmsend']).length > 0
      ? `The senders storescu and dcmsend are not installed. Install them with: ${installPeers}`
      : undefined,
  run,
};

async function run(options: BenchOptions): Promise<Measured> {
  const root = await mkdtemp(join(tmpdir(), 'outpost-bench-'));
  try {
    options.say(`making synthetic objects in ${root}`);
    const warmUp = await makeSlices(join(root, 'warm-up'), warmUpStudy);
    const missing = missingPeers(['storescp', 'Orthanc']);
    const kinds = [outpost, storescp, orthanc].filter(
      ({ peer }) => !peer || !missing.includes(peer),
    );
    const isWanted = (name: string): boolean => name.includes(options.only ?? '');
    const taken: CaseSamples[] = [];
    for (const asked of intakeCases.filter(({ name }) => isWanted(name))) {
      taken.push(await measureCase(asked, kinds, warmUp, root, options));
    }
    const memory: MemorySample[] = [];
    for (const sealing of isWanted(memoryCase) ? (['held', 'one worker'] as const) : []) {
      options.say(`memory, sealing ${sealing}`);
      memory.push(await measureMemory(sealing, join(root, 'memory'), options));
    }
    return measuredOf(taken, memory, missing, [
      `A fresh process each time, warmed up with ${warmUpStudy.slices} other instances; storescp never syncs, outpost and Orthanc do before they answer`,
    ]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function measureCase(
  asked: IntakeCase,
  kinds: readonly ReceiverKind[],
  warmUp: SentStudy,
  root: string,
  options: BenchOptions,
): Promise<CaseSamples> {
  const startedMs = performance.now();
  const study = await asked.make(root);
  const samples = new Map<ReceiverKind, Sample[]>(kinds.map((kind) => [kind, []]));
  const floors: number[] = [];
  const failures: string[] = [];
  const rounds = asked.isPromised ? options.rounds : 1;
  for (let round = 0; round < rounds; round++) {
    if (asked.isPromised) floors.push(await diskSeconds(root, study));
    for (const kind of rotated(kinds, round)) {
      try {
        const sample = await measure(kind, asked, study, warmUp, root, options);
        samples.get(kind)?.push(sample);
        const speed = rounded(study.sizeBytes / 1e6 / sample.seconds);
        options.say(`round ${round + 1}: ${kind.subject}, ${asked.name}: ${speed} MB/s`);
      } catch (cause) {
        if (kind === outpost) throw cause;
        failures.push(`${kind.subject} did not take "${asked.name}"`);
      }
    }
  }
  await rm(study.folder, { recursive: true, force: true });
  return {
    asked,
    study,
    samples,
    floors,
    failures,
    tookS: (performance.now() - startedMs) / 1_000,
  };
}

/** What this disk takes to append and sync such objects one after another, with nothing else done: no durable answer can be faster. */
async function diskSeconds(root: string, { objects, sizeBytes }: SentStudy): Promise<number> {
  const path = join(root, 'floor');
  const file = await open(path, 'w');
  try {
    const object = new Uint8Array(sizeBytes / objects).fill(1);
    spawnSync('sync');
    const startedMs = performance.now();
    for (let index = 0; index < objects; index++) {
      await file.write(object);
      await file.datasync();
    }
    return (performance.now() - startedMs) / 1_000;
  } finally {
    await file.close();
    await rm(path);
  }
}

/** A fresh receiver, nothing left behind; the disk is quiet before the clock starts. */
async function measure(
  kind: ReceiverKind,
  asked: IntakeCase,
  study: SentStudy,
  warmUp: SentStudy,
  root: string,
  options: BenchOptions,
): Promise<Sample> {
  const dir = join(root, 'receiver');
  await mkdir(dir);
  const port = await freePort();
  const { server, held } = await kind.start(dir, port, options.profileDir);
  try {
    await Promise.all(sharesOf(warmUp.folder).map((each) => send('storescu', port, each)));
    await confirm(kind, held, warmUp.objects);
    spawnSync('sync');
    const echoes = asked.hasEchoes ? await startEchoes(port, calledAeTitle) : undefined;
    const cpuBefore = server.cpuSeconds();
    const folders = asked.associations === 1 ? [study.folder] : sharesOf(study.folder);
    const startedMs = performance.now();
    await Promise.all(folders.map((each) => send(asked.sender, port, each)));
    const seconds = (performance.now() - startedMs) / 1_000;
    const cpuSeconds = server.cpuSeconds() - cpuBefore;
    const echoMs = (await echoes?.stop()) ?? [];
    const peakRssBytes = server.peakRssBytes();
    await confirm(kind, held, warmUp.objects + study.objects);
    return { seconds, cpuSeconds, peakRssBytes, echoMs };
  } finally {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Bounded: a receiver that hangs breaks its case off. */
function send(sender: IntakeCase['sender'], port: number, folder: string): Promise<number> {
  return timed(senderCommand(sender, port, folder), AbortSignal.timeout(sendLimitMs));
}

/** A folder for each sender. */
function sharesOf(folder: string): readonly string[] {
  return Array.from({ length: shares }, (_, n) => join(folder, String(n)));
}

/** The receiver's own count, which may follow its answers by a moment. */
async function confirm(
  kind: ReceiverKind,
  held: () => Promise<number>,
  expected: number,
): Promise<void> {
  const endMs = performance.now() + 10_000;
  let count = await held();
  while (count < expected && performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    count = await held();
  }
  if (count < expected) throw new Error(`${kind.subject} holds ${count} of ${expected} instances`);
}

/** Another one goes first each round. */
function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
