import type { CenterSide } from './center.ts';
import type { ClinicSide } from './clinic.ts';
import type { Keeper } from './keeper.ts';
import { memorySlope } from './memory.ts';
import {
  type Center,
  type Clinic,
  centerOf,
  clinics,
  elders,
  type SoakEvent,
  type SoakProgram,
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
  readonly program: string;
  readonly runs: number;
  readonly kills: number;
  /** How it ended of itself, each with how often. */
  readonly ends: Readonly<Record<string, number>>;
  readonly peakMB: number;
  /** Null when no run was long enough to tell. */
  readonly growthMBPerHour: number | null;
  /** Seconds of the longest run. */
  readonly longestRunS: number;
}

/** Memory is flat when it grows by less than this, told from a run of at least `leastRunS`. */
const mostGrowthMBPerHour = 60;
const leastRunS = 1_200;
const mostMB = 512;

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
  readonly settledS: number;
  readonly missing: readonly string[];
  readonly skipped: number;
}

/** What happened and what did not hold, by the ledger outside of the programs. */
export async function reportOf(world: ReportedWorld, told: Told): Promise<SoakReport> {
  const memory = memoryOf(world);
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

function memoryOf({ keepers }: ReportedWorld): readonly MemoryLine[] {
  return [...keepers.values()].map(({ name, runs, kills, ends }) => {
    const growth = memorySlope(runs);
    const all = runs.flatMap(({ samples }) => samples.map(({ rssMB }) => rssMB));
    const lengths = runs.map(({ samples }) => (samples.at(-1)?.atS ?? 0) - (samples[0]?.atS ?? 0));
    return {
      program: name,
      runs: runs.length,
      kills,
      ends: countBy(ends.map(String)),
      peakMB: Math.round(all.reduce((most, each) => Math.max(most, each), 0)),
      growthMBPerHour: Number.isFinite(growth) ? Math.round(growth * 10) / 10 : null,
      longestRunS: Math.round(Math.max(...lengths)),
    };
  });
}

function grownOf({ program, peakMB, growthMBPerHour, longestRunS }: MemoryLine): readonly string[] {
  const isElder = elders.some((name) => name === program);
  const hasGrown =
    isElder && longestRunS >= leastRunS && (growthMBPerHour ?? 0) > mostGrowthMBPerHour;
  return [
    ...(peakMB > mostMB ? [`${program} took ${peakMB} MB`] : []),
    ...(hasGrown ? [`${program} grew by ${growthMBPerHour} MB an hour`] : []),
  ];
}

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
