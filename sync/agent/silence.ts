import type { Random } from '../core/random.ts';

/** A way of which nothing is known is taken for one over a satellite. */
const usualRoundTripMs = 700;
/** Slower links exist; before the first answer nobody knows. */
const slowBytesPerS = 16 * 1024;

/**
 * How long everything under way may stay without an answer before somebody looks whether the link is there: two round
 * trips and a second. Before the rate is known (`rate` 0) the bytes under way may be what takes so long.
 */
export function patienceMs(roundTripMs: number, rate: number, underWayBytes: number): number {
  const unknownMs = rate > 0 ? 0 : (underWayBytes * 1000) / slowBytesPerS;
  return 2 * (roundTripMs || usualRoundTripMs) + 1_000 + unknownMs;
}

const oftenMs = 300;
const oftenForMs = 15_000;
const seldomMs = 60_000;

/**
 * Until the next attempt to reach a relay that has been out of reach for `darkMs`: a third of a second at first, since a link
 * that flaps is soon back and an attempt costs a packet; then a thirtieth of the outage, with jitter; a minute at most.
 */
export function attemptAfterMs(darkMs: number, random: Pick<Random, 'fraction'>): number {
  if (darkMs < oftenForMs) return oftenMs;
  const windowMs = Math.min(seldomMs, darkMs / 15);
  return Math.max(oftenMs, windowMs * (0.5 + random.fraction() / 2));
}

/** An attempt that hears nothing for so long is given up; others are under way by then. */
export function attemptDeadlineMs(roundTripMs: number): number {
  return 3_000 + 4 * (roundTripMs || usualRoundTripMs);
}

/** What the first attempts that were heard say about a silence. */
export type Finding = 'cut' | 'slow';

/**
 * A link that is merely slow answers the first attempt first. When a later one is heard before it, or together with it
 * because the system repeated both, then the first was lost: the link was cut, and what was sent before is lost too or
 * waits for repeats that come ever more seldom.
 */
export function findingOf(heard: readonly number[]): Finding {
  return heard.some((attempt) => attempt > 0) ? 'cut' : 'slow';
}
