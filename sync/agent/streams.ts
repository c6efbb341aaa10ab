/** How it stands with streams on the way to one relay. */
export interface StreamTrust {
  /** Streams in a row that ended soon. */
  readonly breaks: number;
  /** Monotonic time of the last end that counted. */
  readonly brokeAtMs: number;
  /** Monotonic time before which mail is asked for, not listened to. */
  readonly pollUntilMs: number;
}

export const fullTrust: StreamTrust = {
  breaks: 0,
  brokeAtMs: Number.NEGATIVE_INFINITY,
  pollUntilMs: 0,
};

/** A stream that breaks so soon, so often in a row, meets something that ends long answers. */
const soonMs = 5 * 60_000;
const breaksAtMost = 3;
/** A relay that stops ends streams at once, as often as one is begun, for the two seconds for which it still answers. */
const oneStopMs = 10_000;
/** An end was part of an outage that shows so soon after it. */
const lossMs = 30_000;
/** Then it is asked again and again instead, and streams are tried again after this long. */
const pollForMs = 3_600_000;

/** A stream ended that had lived for so long. Ends that come close together are one. */
export function afterEnd(trust: StreamTrust, livedMs: number, nowMs: number): StreamTrust {
  if (livedMs >= soonMs) return fullTrust;
  if (nowMs - trust.brokeAtMs < oneStopMs) return trust;
  // Streams that are tried again after an hour of asking start anew.
  const breaks = trust.breaks >= breaksAtMost ? 1 : trust.breaks + 1;
  const counted = { ...trust, breaks, brokeAtMs: nowMs };
  return breaks < breaksAtMost ? counted : afterMute(counted, nowMs);
}

/** Something on the way does not let streams through. */
export function afterMute(trust: StreamTrust, nowMs: number): StreamTrust {
  return { ...trust, pollUntilMs: nowMs + pollForMs };
}

/** The way to the relay was lost: an end shortly before says nothing of streams. */
export function afterLoss(trust: StreamTrust, nowMs: number): StreamTrust {
  if (trust.breaks === 0 || nowMs - trust.brokeAtMs > lossMs) return trust;
  return {
    breaks: trust.breaks - 1,
    brokeAtMs: Number.NEGATIVE_INFINITY,
    pollUntilMs: trust.breaks >= breaksAtMost ? 0 : trust.pollUntilMs,
  };
}
