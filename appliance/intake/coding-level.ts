import { codingOf, type Level, levels } from '#sync/coding/payload.ts';
import type { CodingReport } from '../ports-sealing.ts';

/** How fast a level codes on this box, and what it brings. */
export interface LevelRate {
  /** Bytes as they are, coded and proven by one worker, a second. */
  readonly plainBytesPerS: number;
  /** Plain bytes divided by coded bytes. */
  readonly ratio: number;
}

/** Measured as packs are sealed; until then, what the codecs do on a small box. */
export interface CodingRates {
  of(level: Level): LevelRate;
  note(report: CodingReport): void;
}

/** What the choice of a level depends on. */
export interface CodingGround {
  /** Highest coding that the center reads, from its signed key list. */
  readonly codingMax: number;
  /** Sealed bytes a second that the relay took lately; 0 while nobody knows. */
  readonly linkBytesPerS: number;
  /** Workers that code at a time. */
  readonly width: number;
  /** Nothing else waits: the time of this pack counts, not how many go through. */
  readonly isAlone: boolean;
  /** Bytes of the pack as they are. */
  readonly plainBytes: number;
}

const firstRates: Readonly<Record<Level, LevelRate>> = {
  raw: { plainBytesPerS: 1e9, ratio: 1 },
  'fast zstd': { plainBytesPerS: 60e6, ratio: 1.8 },
  fast: { plainBytesPerS: 15e6, ratio: 3.5 },
  medium: { plainBytesPerS: 2e6, ratio: 4.5 },
  'slow link': { plainBytesPerS: 0.5e6, ratio: 5 },
};
/** A link that was never measured is a rural one, 2 Mbit/s. */
const usualLinkBytesPerS = 250_000;

/** Weight of a new measurement: some ten packs make the old ones forgotten. */
const newWeight = 0.2;
/** Packs below this say more about starting than about coding. */
const leastMeasuredBytes = 256 * 1024;
/** A level has to win clearly before a heavier one is taken: what it saves in time costs processor. */
const clearly = 1.05;

export function createCodingRates(): CodingRates {
  const rates = new Map<Level, LevelRate>();
  const rateOf = (level: Level): LevelRate => rates.get(level) ?? firstRates[level];
  return {
    of: rateOf,
    note: ({ level, plainBytes, codedBytes, tookMs, fallbacks }) => {
      if (plainBytes < leastMeasuredBytes || tookMs <= 0 || fallbacks.length > 0) return;
      const before = rateOf(level);
      const mix = (old: number, now: number): number => old + newWeight * (now - old);
      rates.set(level, {
        plainBytesPerS: mix(before.plainBytesPerS, plainBytes / (tookMs / 1_000)),
        ratio: mix(before.ratio, plainBytes / Math.max(1, codedBytes)),
      });
    },
  };
}

/**
 * The level that brings a pack over soonest. With a backlog coding and link work side by side, so the slower of the two
 * counts: a level whose codec cannot keep the link full never wins. Alone, they follow each other, which is also
 * the fastest way to the first image of a STAT study. A link that is down counts as it was: it may be back before
 * a slow codec is done.
 */
export function chooseLevel(rates: CodingRates, ground: CodingGround): Level {
  const allowed = levels.filter((level) => codingOf(level) <= ground.codingMax);
  let best: Level = 'raw';
  for (const level of allowed) {
    const gain = secondsOf(rates.of(best), ground) / secondsOf(rates.of(level), ground);
    if (gain > clearly) best = level;
  }
  return best;
}

/** Seconds that the pack keeps what is in its way busy. */
function secondsOf({ plainBytesPerS, ratio }: LevelRate, ground: CodingGround): number {
  const { width, isAlone, plainBytes } = ground;
  const linkS = plainBytes / ratio / (ground.linkBytesPerS || usualLinkBytesPerS);
  return isAlone
    ? plainBytes / plainBytesPerS + linkS
    : Math.max(plainBytes / (plainBytesPerS * width), linkS);
}
