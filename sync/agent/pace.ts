/** How fast uploads leave, and what that was learned from. Times are monotonic milliseconds. */
export interface Pace {
  readonly bytesPerS: number;
  /** Nothing is known of the link yet: the rate doubles until its queue grows. */
  readonly isSearching: boolean;
  /** The next raise, as a share of the rate; it doubles as long as nothing happens. */
  readonly raise: number;
  readonly changedAtMs: number;
  /** Nothing leaves before: what stands in the queue of the link runs off. */
  readonly drainedAtMs: number;
  /** Times in a row that the rate was lowered. */
  readonly lowered: number;
  /** The highest rate that lately went through without a queue; 0 while none is known. */
  readonly provenBytesPerS: number;
}

/** What is seen of the link at one moment. */
export interface Reading {
  readonly nowMs: number;
  /** How much longer than usual a small request takes the way there and back. */
  readonly queueMs: number;
  readonly roundTripMs: number;
  /** Bytes a second that were acknowledged lately; 0 while unknown. */
  readonly acknowledgedBytesPerS: number;
  /** The rate was what held the uploads up since it changed. */
  readonly isLimit: boolean;
}

/** Longer than this, or than a slice of ours and a half, and a queue is building (sync design, rate estimate). */
const queueAllowedMs = 150;
/** So many lowerings in a row that do not help, and what was proven before is proven no more. */
const loweringsThatDisprove = 3;
/** What was proven is regained in such steps, each judged for so many settling times. */
const regaining = { raise: 0.15, settlingTimes: 2 };
/** After a queue was found, the rate stays this long. */
const flatMs = 15_000;
const firstRaise = 0.05;
const mostRaise = 0.4;
/** A raise is judged for this long before the next one. */
const raisedMs = 4_000;
/** Of what was acknowledged while the queue was full: headers and lost packets need the rest. */
const share = 0.95;
/** A search goes on in such steps. */
const searchFactor = 1.25;
/**
 * The first lowering (in a search, back to the step before), and each further one as long as the queue stays, takes so
 * much away at most.
 */
const mostLowering = { search: 1 / searchFactor, first: 0.85, further: 0.7, long: 0.25 };
/** No lost packet holds an answer up for so long beside the others: the link is far slower than the rate. */
const longQueueMs = 1_000;
const longestDrainMs = 1_000;
const slowestBytesPerS = 4_000;
const fastestBytesPerS = 1e9;
/** What ten fresh connections may send before the first acknowledgements, all together: ten packets each. */
const firstFlightBytes = 10 * 10 * 1448;
const usualRoundTripMs = 600;
/** A pace that is not the limit for so long is enough to begin with. */
const searchMs = 3_000;
/** While searching at least this share of the rate has to arrive, or there is nothing more to find. */
const arrivingShare = 0.6;

/** Before anything is known: what fresh connections may send unasked, in a round trip. */
export function firstPace(roundTripMs: number, nowMs: number): Pace {
  const seconds = (roundTripMs || usualRoundTripMs) / 1000;
  return {
    bytesPerS: firstFlightBytes / Math.max(0.02, seconds),
    ...{ isSearching: true, raise: firstRaise, lowered: 0, provenBytesPerS: 0 },
    ...{ changedAtMs: nowMs, drainedAtMs: nowMs },
  };
}

/** A change of the rate shows in the queue so much later. */
export function settlingMs(roundTripMs: number): number {
  return roundTripMs + 200;
}

/**
 * The pace after `reading`. A queue that builds lowers it to 95 % of what the link acknowledges, by 15 % at first (or
 * by three quarters, behind a queue of a second), and lets the queue run off. One late answer says little, so a rate
 * that went through without a queue before is regained within seconds, unless lowering did not help. Beyond it the pace
 * is raised while it is what limits: by 5 % after 15 seconds (four, while nothing is proven yet), then by twice as much
 * each time, so that a link that became faster is found soon.
 */
export function paceAfter(pace: Pace, reading: Reading): Pace {
  const { nowMs, queueMs, roundTripMs, acknowledgedBytesPerS: arriving, isLimit } = reading;
  const quietMs = nowMs - Math.max(pace.changedAtMs, pace.drainedAtMs);
  if (quietMs < settlingMs(roundTripMs)) return pace;
  const changed = (bytesPerS: number): Pace => ({
    ...pace,
    bytesPerS: Math.min(fastestBytesPerS, Math.max(slowestBytesPerS, bytesPerS)),
    ...{ changedAtMs: nowMs, drainedAtMs: nowMs },
  });
  if (isQueue(queueMs, pace)) {
    const least = leastOf(pace, queueMs);
    const known = Math.min(arriving || pace.bytesPerS, pace.bytesPerS);
    const bytesPerS = Math.max(pace.bytesPerS * least, known * share);
    const lowered = pace.lowered + 1;
    const proven = pace.provenBytesPerS;
    return {
      ...changed(bytesPerS),
      drainedAtMs: nowMs + Math.min(queueMs, longestDrainMs),
      ...{ isSearching: false, raise: firstRaise, lowered },
      provenBytesPerS: lowered < loweringsThatDisprove ? proven : Math.min(proven, bytesPerS),
    };
  }
  let calm = pace.lowered === 0 ? pace : { ...pace, lowered: 0 };
  if (!isLimit) return quietMs > searchMs ? { ...calm, isSearching: false } : calm;
  if (pace.isSearching) {
    if (quietMs < 2 * settlingMs(roundTripMs)) return calm;
    if (arriving >= arrivingShare * pace.bytesPerS) return changed(pace.bytesPerS * searchFactor);
    if (quietMs < searchMs) return calm;
    return { ...changed(pace.bytesPerS), isSearching: false };
  }
  const proven = calm.provenBytesPerS;
  if (pace.bytesPerS < proven) {
    if (quietMs < regaining.settlingTimes * settlingMs(roundTripMs)) return calm;
    const bytesPerS = Math.min(proven, pace.bytesPerS * (1 + regaining.raise));
    return { ...changed(bytesPerS), lowered: 0 };
  }
  const waitMs = pace.raise === firstRaise && proven > 0 ? flatMs : raisedMs;
  if (quietMs >= raisedMs) calm = { ...calm, provenBytesPerS: pace.bytesPerS };
  if (quietMs < waitMs) return calm;
  const raise = Math.min(mostRaise, 2 * pace.raise);
  const raised = changed(pace.bytesPerS * (1 + pace.raise));
  return { ...raised, raise, lowered: 0, provenBytesPerS: pace.bytesPerS };
}

/** The share of the rate that one lowering leaves at least. */
function leastOf({ isSearching, lowered }: Pace, queueMs: number): number {
  if (queueMs > longQueueMs) return mostLowering.long;
  if (lowered > 0) return mostLowering.further;
  return isSearching ? mostLowering.search : mostLowering.first;
}

/** Whether a small request takes so much longer than usual that more than one slice of ours is before it. */
export function isQueue(queueMs: number, pace: Pace): boolean {
  return queueMs > Math.max(queueAllowedMs, (1_500 * sliceBytes(pace)) / pace.bytesPerS);
}

/** The link is measured more often while its rate is sought or regained, or was just changed. */
export function isUncertain(pace: Pace): boolean {
  const { isSearching, lowered, raise, bytesPerS, provenBytesPerS } = pace;
  return isSearching || lowered > 0 || raise > firstRaise || bytesPerS < provenBytesPerS;
}

/** Bytes that leave in one go: a twentieth of a second, so that STAT never waits behind more. */
export function sliceBytes({ bytesPerS }: Pace): number {
  return Math.min(256 * 1024, Math.max(4 * 1024, Math.round(bytesPerS * 0.05)));
}

/** After so many lowerings in a row that did not help it is the way that became longer, not a queue of ours. */
export const loweringsAtMost = 6;
