import { percentile } from './echo-prober.ts';
import type { IntakeCase } from './intake-cases.ts';
import type { MemorySample } from './intake-memory.ts';
import type { SentStudy } from './intake-studies.ts';
import {
  atLeast,
  atMost,
  type Measured,
  median,
  medianRatio,
  type Row,
  rounded,
  type Target,
} from './measured.ts';
import { missingNote } from './peers.ts';
import { orthanc, outpost, type ReceiverKind, storescp } from './receivers.ts';

/** Of the speed of `storescp --bit-preserving`, which makes nothing durable, and of that of Orthanc. */
const timesStorescp = 1;
const timesOrthanc = 3;
const heldRssMB = 200;
const sealingRssMB = 350;
/** What a flat memory may grow from the first half of the load to the second. */
const growthMB = 20;
const echoMs = 50;

/** What one receiver did in one round. */
export interface Sample {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakRssBytes: number;
  /** How long each C-ECHO took, if any was asked. */
  readonly echoMs: readonly number[];
}

export interface CaseSamples {
  readonly asked: IntakeCase;
  readonly study: SentStudy;
  readonly samples: ReadonlyMap<ReceiverKind, readonly Sample[]>;
  /** Seconds of the disk alone, if they were measured. */
  readonly floors: readonly number[];
  /** Seconds from the first file made to the last figure. */
  readonly tookS: number;
  /** Sentences about peers that did not take the objects. */
  readonly failures: readonly string[];
}

export function measuredOf(
  cases: readonly CaseSamples[],
  memory: readonly MemorySample[],
  missing: readonly string[],
  notes: readonly string[],
): Measured {
  return {
    rows: [...cases.flatMap(rowsOf), ...memory.map(memoryRow)],
    targets: [...cases.flatMap(targetsOf), ...memory.flatMap(memoryTargets)],
    notes: [
      ...notes,
      'One association cannot be faster than sender and disk one after the other: its next object starts when the last one is answered',
      ...cases.flatMap(({ failures }) => failures),
      `Seconds that each case took: ${cases.map(({ asked, tookS }) => `${asked.name}: ${rounded(tookS)}`).join('; ')}`,
      ...(missing.length > 0 ? [missingNote(missing)] : []),
    ],
  };
}

function rowsOf({ asked, study, samples, floors }: CaseSamples): readonly Row[] {
  const { sizeBytes, objects } = study;
  const speeds = (kind: ReceiverKind): readonly number[] => speedsOf(study, samples.get(kind));
  const rows = [...samples]
    .filter(([, taken]) => taken.length > 0)
    .map(([kind, taken]): Row => {
      const own = speeds(kind);
      const echoes = taken.flatMap((sample) => sample.echoMs);
      return {
        case: asked.name,
        subject: kind.subject,
        rounds: taken.length,
        medianMBPerS: rounded(median(own)),
        slowestMBPerS: rounded(Math.min(...own)),
        fastestMBPerS: rounded(Math.max(...own)),
        medianInstancesPerS: rounded((median(own) * 1e6 * objects) / sizeBytes),
        timesStorescp: rounded(medianRatio(own, speeds(storescp))) || 'not measured',
        timesOrthanc: rounded(medianRatio(own, speeds(orthanc))) || 'not measured',
        cpuSPerGB: rounded(median(taken.map(({ cpuSeconds }) => cpuSeconds / (sizeBytes / 1e9)))),
        peakRssMB: rounded(median(taken.map(({ peakRssBytes }) => peakRssBytes / 1e6))),
        ...(echoes.length > 0
          ? { echoes: echoes.length, p99EchoMs: rounded(percentile(echoes, 0.99)) }
          : {}),
      };
    });
  if (floors.length === 0) return rows;
  const floor: Row = {
    case: asked.name,
    subject: 'this disk: append and fdatasync of each object alone',
    rounds: floors.length,
    medianMBPerS: rounded(median(floors.map((seconds) => sizeBytes / 1e6 / seconds))),
  };
  return [...rows, floor];
}

function targetsOf({ asked, study, samples }: CaseSamples): readonly Target[] {
  const own = speedsOf(study, samples.get(outpost));
  const ratio = (kind: ReceiverKind): number =>
    medianRatio(own, speedsOf(study, samples.get(kind)));
  const echoes = samples.get(outpost)?.flatMap((sample) => sample.echoMs) ?? [];
  return [
    ...(asked.isPromised
      ? [
          atLeast(
            `outpost, times ${storescp.subject}, ${asked.name}`,
            ratio(storescp),
            timesStorescp,
          ),
          atLeast(`outpost, times ${orthanc.subject}, ${asked.name}`, ratio(orthanc), timesOrthanc),
        ]
      : []),
    ...(asked.mostRssMB
      ? [
          atMost(
            `outpost, peak RSS in MB, ${asked.name}`,
            median(samples.get(outpost)?.map(({ peakRssBytes }) => peakRssBytes / 1e6) ?? []),
            asked.mostRssMB,
          ),
        ]
      : []),
    ...(asked.hasEchoes
      ? [atMost(`outpost, p99 C-ECHO in ms, ${asked.name}`, percentile(echoes, 0.99), echoMs)]
      : []),
  ];
}

function memoryRow({ sealing, peakRssMB, growthMB: growth, sealedMB, objects }: MemorySample): Row {
  return {
    case: `memory, sealing ${sealing}, 4 associations, ${objects} CT of 525 KB`,
    subject: outpost.subject,
    peakRssMB: rounded(peakRssMB),
    growthMB: rounded(growth),
    sealedMB: rounded(sealedMB),
  };
}

function memoryTargets(sample: MemorySample): readonly Target[] {
  const most = sample.sealing === 'held' ? heldRssMB : sealingRssMB;
  return [
    atMost(`outpost, peak RSS in MB, sealing ${sample.sealing}`, sample.peakRssMB, most),
    atMost(
      `outpost, growth of the RSS in MB under load, sealing ${sample.sealing}`,
      sample.growthMB,
      growthMB,
    ),
  ];
}

function speedsOf({ sizeBytes }: SentStudy, taken: readonly Sample[] = []): readonly number[] {
  return taken.map(({ seconds }) => sizeBytes / 1e6 / seconds);
}
