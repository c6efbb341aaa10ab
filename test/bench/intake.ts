import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../demo/link-proxy.ts';
import { syntheticSlice } from '../support/synthetic-ct.ts';
import {
  atLeast,
  type Bench,
  type BenchOptions,
  type Measured,
  median,
  medianRatio,
  type Row,
  rounded,
} from './measured.ts';
import { installPeers, missingNote, missingPeers } from './peers.ts';
import { timed } from './process.ts';
import { calledAeTitle, orthanc, outpost, type ReceiverKind, storescp } from './receivers.ts';

const instances = 500;
/** Sent before the clock starts, to every receiver: a box runs for months, and a fresh one would measure its compiler. */
const warmUpInstances = 100;
/** Senders at once; the instances are shared out among them. */
const associations = [1, 4] as const;
type Associations = (typeof associations)[number];
const caseName = (count: Associations): string =>
  `${count} association${count > 1 ? 's' : ''}, ${instances} CT of 525 KB`;
/** Of the speed of `storescp --bit-preserving`, which makes nothing durable. */
const target = 0.6;

export const intakeBench: Bench = {
  name: 'intake',
  summary: `durable C-STORE intake: ${instances} CT of 525 KB, beside storescp and Orthanc`,
  defaultRounds: 5,
  obstacle: () =>
    missingPeers(['storescu']).length > 0
      ? `The sender storescu is not installed. Install it with: ${installPeers}`
      : undefined,
  run,
};

/** What one receiver did in one round. */
interface Sample {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
}

/** Samples of each receiver, by number of associations. */
type Samples = ReadonlyMap<Associations, ReadonlyMap<ReceiverKind, Sample[]>>;

async function run(options: BenchOptions): Promise<Measured> {
  const root = await mkdtemp(join(tmpdir(), 'outpost-bench-'));
  try {
    options.say(`making ${instances + warmUpInstances} synthetic CT slices in ${root}`);
    await makeStudy(join(root, 'warm-up'), 1, warmUpInstances);
    const sentBytes = await makeStudy(join(root, 'study'), 2, instances);
    const missing = missingPeers(['storescp', 'Orthanc']);
    const kinds = [outpost, storescp, orthanc].filter(
      ({ peer }) => !peer || !missing.includes(peer),
    );
    const samples: Samples = new Map(
      associations.map((count) => [count, new Map(kinds.map((kind) => [kind, []]))]),
    );
    const floors: number[] = [];
    for (let round = 0; round < options.rounds; round++) {
      floors.push(await diskSeconds(root, sentBytes / instances));
      for (const [count, taken] of samples) {
        for (const kind of rotated(kinds, round)) {
          const sample = await measure(kind, count, root, options);
          taken.get(kind)?.push(sample);
          const speed = rounded(sentBytes / 1e6 / sample.seconds);
          options.say(`round ${round + 1}: ${kind.subject}, ${caseName(count)}: ${speed} MB/s`);
        }
      }
    }
    return measuredOf(samples, floors, sentBytes, missing);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Writes the study as files in a folder for each sender; the bytes of all. */
async function makeStudy(folder: string, seed: number, slices: number): Promise<number> {
  let sentBytes = 0;
  for (let index = 0; index < slices; index++) {
    const share = join(folder, String(index % Math.max(...associations)));
    await mkdir(share, { recursive: true });
    const { part10 } = syntheticSlice({ seed, slices }, index);
    await writeFile(join(share, `${index}.dcm`), part10);
    sentBytes += part10.length;
  }
  return sentBytes;
}

/** What this disk takes to append and sync so many objects one after another, with nothing else done: no durable answer can be faster. */
async function diskSeconds(root: string, sizeBytes: number): Promise<number> {
  const path = join(root, 'floor');
  const file = await open(path, 'w');
  try {
    const object = new Uint8Array(sizeBytes).fill(1);
    const startedMs = performance.now();
    for (let index = 0; index < instances; index++) {
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
  count: Associations,
  root: string,
  options: BenchOptions,
): Promise<Sample> {
  const dir = join(root, 'receiver');
  await mkdir(dir);
  const port = await freePort();
  const { server, held } = await kind.start(dir, port, options.profileDir);
  try {
    await timed(sender(port, join(root, 'warm-up')));
    await confirm(kind, held, warmUpInstances);
    spawnSync('sync');
    const cpuBefore = server.cpuSeconds();
    const study = join(root, 'study');
    const shares =
      count === 1 ? [study] : Array.from({ length: count }, (_, n) => join(study, `${n}`));
    const startedMs = performance.now();
    await Promise.all(shares.map((share) => timed(sender(port, share))));
    const seconds = (performance.now() - startedMs) / 1_000;
    const cpuSeconds = server.cpuSeconds() - cpuBefore;
    const peakRssBytes = server.peakRssBytes();
    await confirm(kind, held, warmUpInstances + instances);
    return { seconds, cpuSeconds, peakRssBytes };
  } finally {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Without TCP_NODELAY a stock DCMTK measures its own Nagle algorithm (10 MB/s), whatever the receiver. */
function sender(port: number, folder: string) {
  return {
    command: 'storescu',
    args: ['+sd', '+r', '-aec', calledAeTitle, '127.0.0.1', String(port), folder],
    env: { TCP_NODELAY: '1' },
  };
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

function measuredOf(
  samples: Samples,
  floors: readonly number[],
  sentBytes: number,
  missing: readonly string[],
): Measured {
  const speedsOf = (taken: readonly Sample[] = []): readonly number[] =>
    taken.map(({ seconds }) => sentBytes / 1e6 / seconds);
  const rows = [...samples].flatMap(([count, kinds]) =>
    [...kinds].map(([kind, taken]): Row => {
      const own = speedsOf(taken);
      return {
        case: caseName(count),
        subject: kind.subject,
        rounds: taken.length,
        medianMBPerS: rounded(median(own)),
        slowestMBPerS: rounded(Math.min(...own)),
        fastestMBPerS: rounded(Math.max(...own)),
        medianInstancesPerS: rounded((median(own) * 1e6 * instances) / sentBytes),
        timesStorescp: rounded(medianRatio(own, speedsOf(kinds.get(storescp)))) || 'not measured',
        cpuSPerGB: rounded(median(taken.map(({ cpuSeconds }) => cpuSeconds / (sentBytes / 1e9)))),
        peakRssMB: rounded(median(taken.map(({ peakRssBytes }) => peakRssBytes / 1e6))),
      };
    }),
  );
  const floor = {
    case: 'append and fdatasync of each object alone',
    subject: 'this disk',
    rounds: floors.length,
    medianMBPerS: rounded(median(floors.map((seconds) => sentBytes / 1e6 / seconds))),
  };
  const targets = [...samples].map(([count, kinds]) =>
    atLeast(
      `outpost, times storescp --bit-preserving, ${caseName(count)}`,
      medianRatio(speedsOf(kinds.get(outpost)), speedsOf(kinds.get(storescp))),
      target,
    ),
  );
  return {
    rows: [...rows, floor],
    targets,
    notes: [
      `A fresh process each round, warmed up with ${warmUpInstances} other instances; storescp never syncs, outpost and Orthanc do before they answer`,
      'One association cannot be faster than sender and disk one after the other: its next object starts when the last one is answered',
      ...(missing.length > 0 ? [missingNote(missing)] : []),
    ],
  };
}

/** Another one goes first each round. */
function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
