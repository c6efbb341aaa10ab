import { setTimeout } from 'node:timers/promises';
import type { BadLink } from './bad-link.ts';
import type { Crossing, Road } from './link-road.ts';
import { rounded } from './measured.ts';

/** How a link comes and goes: milliseconds up and down in turn, from the start, for so many cuts. */
export interface Weather {
  readonly name: string;
  readonly upMs: number;
  readonly downMs: number;
  readonly cuts: number;
}

export const weathers: readonly Weather[] = [
  { name: 'a cut of 20 s', upMs: 8_000, downMs: 20_000, cuts: 1 },
  { name: 'flapping, 5 s up and 5 s down', upMs: 5_000, downMs: 5_000, cuts: 60 },
];

/** A crossing with the cuts that fell into it. */
export interface StormyCrossing extends Crossing {
  readonly cuts: number;
  readonly downS: number;
}

/** Carries a study while the link comes and goes; leaves the link up. */
export async function carryIn(
  weather: Weather,
  link: BadLink,
  road: Road,
  folder: string,
  instances: number,
): Promise<StormyCrossing> {
  const stop = new AbortController();
  const blowing = blow(weather, link, stop.signal);
  // A bench that is stopped takes the link away under it; who waits for it below is told all the same.
  blowing.catch(() => undefined);
  try {
    const crossing = await road.carry(folder, instances);
    stop.abort();
    return { ...crossing, ...(await blowing) };
  } finally {
    stop.abort();
    await blowing;
  }
}

async function blow({ upMs, downMs, cuts }: Weather, link: BadLink, signal: AbortSignal) {
  let downS = 0;
  let count = 0;
  while (count < cuts) {
    await pause(upMs, signal);
    if (signal.aborted) break;
    const startedMs = performance.now();
    count += 1;
    await link.turn('down');
    await pause(downMs, signal);
    await link.turn('up');
    downS += (performance.now() - startedMs) / 1_000;
  }
  return { cuts: count, downS };
}

/**
 * Figures of a stormy crossing. `calm` is a crossing of a like study without a cut: what the uplink carried beyond it,
 * for the same sealed bytes, is what the cuts wasted.
 */
export function stormFigures(
  storm: StormyCrossing,
  calm: Crossing,
  rateKbitPerS: number,
): Readonly<Record<string, number>> {
  const upS = storm.knownS - storm.downS;
  const expectedBytes = calm.upBytes * (storm.sealedBytes / calm.sealedBytes);
  return {
    cuts: storm.cuts,
    downS: rounded(storm.downS),
    goodputWhileUpPercent: rounded((storm.sealedBytes * 8 * 100) / (upS * rateKbitPerS * 1_000)),
    wastedPerCutKiB: rounded((storm.upBytes - expectedBytes) / 1_024 / Math.max(1, storm.cuts)),
  };
}

/** Waits, or until `signal`. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
}
