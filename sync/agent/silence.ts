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

/** What the answers of the moment say, for whoever would send more. */
export interface Answers {
  /** Nothing was answered for so long. */
  readonly quietMs: number;
  /** Uploads whose answers should be here by now. */
  overdue(): number;
  /** What an upload of the usual length takes at the pace: answers come so often. */
  readonly everyMs: number;
  /** From then on somebody looks whether the link is there. */
  readonly patienceMs: number;
}

/** Answers that are so late are late. */
export const lateMs = 100;
const quietAllowedMs = 400;
/** One may wait for a lost packet. */
const overdueAllowed = 1;
/** Who looks into a silence begins so much after the patience is over at the latest. */
const beginsMs = 500;

/**
 * Whether answers that came steadily have stopped: what leaves now is lost if the link was cut. It ends with the next
 * answer of whatever kind, and after the patience, when it is known whether the link is there.
 */
export function isHush(answers: Answers): boolean {
  const { quietMs, everyMs, patienceMs: untilMs } = answers;
  const isQuiet = quietMs > Math.max(quietAllowedMs, 3 * everyMs) && quietMs < untilMs + beginsMs;
  return isQuiet && answers.overdue() > overdueAllowed;
}

const oftenMs = 300;
const oftenForMs = 15_000;
const seldomMs = 60_000;

/**
 * Until the next attempt to reach a relay that has been out of reach for `darkMs`: a third of a second at first, since
 * a link that flaps is soon back and an attempt costs a packet; then a thirtieth of the outage, with jitter; a minute
 * at most.
 */
export function attemptAfterMs(darkMs: number, random: Pick<Random, 'fraction'>): number {
  if (darkMs < oftenForMs) return oftenMs;
  const windowMs = Math.min(seldomMs, darkMs / 15);
  return Math.max(oftenMs, windowMs * (0.5 + random.fraction() / 2));
}

const longestAttemptMs = 45_000;

/**
 * An attempt that hears nothing for so long is given up; others are under way by then. The longer nothing was heard
 * (`darkMs`) the longer it takes: behind a long queue of others the first sign comes late.
 */
export function attemptDeadlineMs(roundTripMs: number, darkMs = 0): number {
  const usualMs = 3_000 + 4 * (roundTripMs || usualRoundTripMs);
  return Math.max(usualMs, Math.min(longestAttemptMs, darkMs / 3));
}

/**
 * With no attempt heard for so long there is no link, or one with so long a queue that what stands in it comes all the
 * same.
 */
export function hopeMs(roundTripMs: number): number {
  return Math.max(4_000, 6 * (roundTripMs || usualRoundTripMs));
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

/** What is known while a silence is looked into that a fresh connection does not share. */
export interface Signs {
  /** Nothing that is under way has been answered for so long. */
  readonly silentMs: number;
  /** A small request on a connection that had rested is without an answer for so long. */
  readonly keptSilentMs: number;
  /** What one on a connection made for it took, handshake and all. */
  readonly freshMs: number;
  readonly roundTripMs: number;
  /** Bytes a second; 0 while unknown. */
  readonly rate: number;
  readonly underWayBytes: number;
  /** Resets in a row after which nothing was answered. */
  readonly inVain: number;
}

/** TCP repeats what is lost soon at first: so long after a usual answer three packets in a row were lost. */
const repeatsMs = 1_000;
/** A handshake and a request are three round trips; with more than so many and this a queue stands in the way. */
const promptRoundTrips = 6;
const promptMs = 2_000;

/**
 * In how many milliseconds the connections that stand count as swallowed, by something on the way that lost its memory
 * of them, if nothing is answered on them until then; 0 is now, Infinity never. A queue holds up old and fresh ones
 * alike, and a small request on one that rests needs a third of what a fresh one does. So what rests has to be silent for
 * twice as long and some repeats more, and what is under way for as long as it takes to go through twice, besides. Each
 * reset in vain doubles the wait: a relay that answers small requests only must not be asked anew for ever.
 */
export function swallowedInMs(signs: Signs): number {
  const { silentMs, keptSilentMs, freshMs, roundTripMs, rate, underWayBytes, inVain } = signs;
  if (freshMs > promptRoundTrips * (roundTripMs || usualRoundTripMs) + promptMs) return Infinity;
  const drainMs = rate > 0 ? (2 * underWayBytes * 1000) / rate : 0;
  const allowedMs = patienceMs(roundTripMs, rate, underWayBytes) + drainMs + 2 * freshMs;
  const keptAllowedMs = 2 * freshMs + repeatsMs;
  return Math.max(0, allowedMs * 2 ** Math.min(inVain, 6) - silentMs, keptAllowedMs - keptSilentMs);
}
