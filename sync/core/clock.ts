/** Time as a port: real in mains, virtual in tests. Times decide nothing that matters (ARCHITECTURE.md, invariants). */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC by the wall clock; may jump either way. */
  nowMs(): number;
  /** Milliseconds of a clock that never goes back; only differences mean anything. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts; it never rejects, so callers look at the signal. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

/** The ISO 8601 UTC string of `ms`, as every `…At` field holds it. */
export function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}
