import { memoryMiB } from '#provisioning/plan/runtime.ts';
import type { CenterSide } from './center.ts';
import type { ClinicSide } from './clinic.ts';
import type { Keeper } from './keeper.ts';
import { type MemoryRun, type MemoryTrend, trendOf } from './memory.ts';
import {
  type Center,
  type Clinic,
  centerOf,
  clinics,
  type SoakEvent,
  type SoakProgram,
  soakPrograms,
  unitOf,
} from './plan.ts';

export interface SoakReport {
  readonly seed: string;
  readonly minutes: number;
  readonly events: Readonly<Record<string, number>>;
  /** Events of the plan that this machine cannot let happen. */
  readonly skipped: number;
  readonly acknowledged: number;
  readonly atPacs: number;
  readonly reports: number;
  readonly stat: number;
  readonly storedAgain: Readonly<Record<string, number>>;
  readonly resentByCenter: Readonly<Record<string, number>>;
  readonly centerKills: Readonly<Record<string, number>>;
  readonly settledS: number;
  readonly memory: readonly MemoryLine[];
  /** What did not hold; empty when everything did. */
  readonly broken: readonly string[];
}

export interface MemoryLine {
  readonly program: SoakProgram;
  readonly runs: number;
  readonly kills: number;
  /** How it ended of itself, each with how often. */
  readonly ends: Readonly<Record<string, number>>;
  readonly peakMB: number;
  readonly peakFiles: number;
  /** Seconds of the longest run. */
  readonly longestRunS: number;
  /** Of the longest run, during the chaos; null when it was too short to tell. */
  readonly trend: MemoryTrend | null;
}

/**
 * Memory is flat when its line rises by no more than this share of it, or this much, or no faster than so many MB an
 * hour. A program at rest keeps what its last burst of work took; half an hour cannot tell less than that.
 * Slower leaks show by what is alive after a collection of garbage (`http-client-memory.test.ts`).
 */
const restlessShare = 0.1;
/** The C library keeps up to 64 MB of what it freed, and a sealing thread takes as much in a burst. */
const restlessMB = { appliance: 64, center: 20, agent: 10, relay: 10 } as const;
/** In a shorter run the parts are so short that they follow the load. */
const judgedRunS = 1_200;
const mostGrowthMBPerHour = 30;
/** Connections of an agent, or at a relay of each agent: come and go with the cuts, forgotten files only come. */
const mostMoreFiles = 40;
const mostFiles = 200;
/** All of them use both relays. */
const agents = soakPrograms.filter((program) => unitOf(program) === 'agent').length;

/** What the report reads of everything that stood. */
export interface ReportedWorld {
  readonly centers: ReadonlyMap<
    Center,
    Pick<CenterSide, 'center' | 'atPacs' | 'storedAgain' | 'resentAfterCrash'>
  >;
  readonly clinics: ReadonlyMap<Clinic, Pick<ClinicSide, 'ledger' | 'stat'>>;
  readonly keepers: ReadonlyMap<SoakProgram, Pick<Keeper, 'name' | 'runs' | 'kills' | 'ends'>>;
}

export interface Told {
  readonly seed: string;
  readonly minutes: number;
  readonly plan: readonly SoakEvent[];
  /** When the chaos was over, seconds since the start; what comes later is no load. */
  readonly chaosS: number;
  readonly settledS: number;
  readonly missing: readonly string[];
  readonly skipped: number;
}

/** What happened and what did not hold, by the ledger outside of the programs. */
export async function reportOf(world: ReportedWorld, told: Told): Promise<SoakReport> {
  const memory = memoryOf(world, told.chaosS);
  const counts = await countsOf(world);
  const clinicSides = [...world.clinics.values()];
  return {
    seed: told.seed,
    minutes: told.minutes,
    events: countBy(told.plan.map(({ kind }) => kind)),
    skipped: told.skipped,
    acknowledged: sum(clinicSides.map(({ ledger }) => ledger.acknowledged.size)),
    atPacs: sum([...world.centers.values()].map(({ atPacs }) => atPacs.size)),
    reports: sum(clinicSides.map(({ ledger }) => ledger.reports.size)),
    stat: sum(clinicSides.map(({ stat }) => stat.size)),
    storedAgain: byCenter(counts, ({ again }) => again),
    resentByCenter: byCenter(counts, ({ resent }) => resent ?? Number.NaN),
    centerKills: byCenter(counts, ({ kills }) => kills),
    settledS: Math.round(told.settledS),
    memory,
    broken: [
      ...told.missing,
      ...strangersOf(world),
      ...counts.flatMap(twiceOf),
      ...memory.flatMap(grownOf),
    ],
  };
}

interface CenterCount {
  readonly center: Center;
  readonly again: number;
  readonly resent: number | undefined;
  readonly kills: number;
}

async function countsOf({ centers, keepers }: ReportedWorld): Promise<readonly CenterCount[]> {
  return Promise.all(
    [...centers.values()].map(async (side) => ({
      center: side.center,
      again: side.storedAgain(),
      resent: await side.resentAfterCrash(),
      kills: keepers.get(`center-${side.center}`)?.kills ?? 0,
    })),
  );
}

/**
 * A center that died between the PACS's word and its own note of it sends that instance again, and counts it: one for
 * each death, and none where it lived.
 */
function twiceOf({ center, again, resent, kills }: CenterCount): readonly string[] {
  if (resent === undefined) return [`center ${center} does not answer`];
  const most = Math.min(resent, kills);
  return again <= most
    ? []
    : [
        `center ${center}: the PACS took ${again} instances twice; ${resent} were counted, and it died ${kills} times`,
      ];
}

/** What is at a PACS and was never acknowledged to one of the clinics of that center. */
function strangersOf({ centers, clinics: sides }: ReportedWorld): readonly string[] {
  return [...centers.values()].flatMap(({ center, atPacs }) => {
    const own = clinics.filter((clinic) => centerOf(clinic) === center);
    const isKnown = (digest: string): boolean =>
      own.some((clinic) => sides.get(clinic)?.ledger.acknowledged.has(digest));
    const strange = [...atPacs.keys()].filter((digest) => !isKnown(digest));
    return strange.length === 0
      ? []
      : [`center ${center}: ${strange.length} instances at the PACS are of nobody`];
  });
}

function memoryOf({ keepers }: ReportedWorld, chaosS: number): readonly MemoryLine[] {
  return [...keepers.values()].map(({ name, runs, kills, ends }) => {
    const all = runs.flatMap(({ samples }) => samples);
    const longest = runs.toSorted((a, b) => lengthOf(b) - lengthOf(a))[0];
    const underLoad = longest?.samples.filter(({ atS }) => atS <= chaosS) ?? [];
    return {
      program: name,
      runs: runs.length,
      kills,
      ends: countBy(ends.map(String)),
      peakMB: Math.round(mostOf(all.map(({ rssMB }) => rssMB))),
      peakFiles: mostOf(all.map(({ openFiles }) => openFiles)),
      longestRunS: Math.round(longest ? lengthOf(longest) : 0),
      trend: trendOf({ samples: underLoad }) ?? null,
    };
  });
}

function grownOf({
  program,
  peakMB,
  peakFiles,
  longestRunS,
  trend,
}: MemoryLine): readonly string[] {
  const mostMB = (memoryMiB[unitOf(program)].high * 1024 ** 2) / 1e6;
  const { fromMB = 0, growthMB = 0, growthMBPerHour = 0, fromFiles = 0, toFiles = 0 } = trend ?? {};
  const mostGrowthMB = Math.max(restlessMB[unitOf(program)], restlessShare * fromMB);
  const isJudged = longestRunS >= judgedRunS;
  const hasGrown = isJudged && growthMB > mostGrowthMB && growthMBPerHour > mostGrowthMBPerHour;
  const peers = unitOf(program) === 'relay' ? agents : 1;
  return [
    ...(peakMB > mostMB
      ? [`${program} took ${peakMB} MB, and its unit allows ${Math.round(mostMB)}`]
      : []),
    ...(hasGrown ? [`${program} grew by ${Math.round(growthMBPerHour)} MB an hour`] : []),
    ...(peakFiles > mostFiles + (peers - 1) * mostMoreFiles
      ? [`${program} held ${peakFiles} files open`]
      : []),
    ...(toFiles - fromFiles > peers * mostMoreFiles
      ? [`${program} held ${fromFiles} files open, and ${toFiles} at the end`]
      : []),
  ];
}

const lengthOf = ({ samples }: MemoryRun): number =>
  (samples.at(-1)?.atS ?? 0) - (samples[0]?.atS ?? 0);

const mostOf = (values: readonly number[]): number =>
  values.reduce((most, value) => Math.max(most, value), 0);

function byCenter(
  counts: readonly CenterCount[],
  figure: (count: CenterCount) => number,
): Readonly<Record<string, number>> {
  return Object.fromEntries(counts.map((count) => [`center-${count.center}`, figure(count)]));
}

function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
