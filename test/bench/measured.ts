/** A figure of one case and one subject; every key that holds a number ends in its unit. */
export interface Row {
  readonly case: string;
  readonly subject: string;
  readonly [figure: string]: string | number;
}

/** What a bench promises; `value` is null when a peer it needs is absent, and then it is not met. */
export interface Target {
  readonly name: string;
  readonly value: number | null;
  readonly target: number;
  readonly met: boolean;
}

export interface Measured {
  readonly rows: readonly Row[];
  readonly targets: readonly Target[];
  /** What could not be measured and why, and what a reader of the figures must know. */
  readonly notes: readonly string[];
}

export interface BenchOptions {
  /** Every subject is measured once a round; figures are medians over the rounds. */
  readonly rounds: number;
  /** Words in the name of the cases that are asked for; undefined = all. */
  readonly only: string | undefined;
  /** Writes a `--cpu-prof` profile of our own program of each round here. */
  readonly profileDir: string | undefined;
  /** What to measure, where a bench takes a folder. */
  readonly folder?: string | undefined;
  /** One line of progress. */
  say(text: string): void;
}

export interface Bench {
  readonly name: string;
  readonly summary: string;
  readonly defaultRounds: number;
  /** Whether a folder may be named behind the bench. */
  readonly takesFolder?: boolean;
  /** Why it cannot run here at all, in one sentence that says what to do; undefined = it can. */
  obstacle(folder?: string): string | undefined;
  run(options: BenchOptions): Promise<Measured>;
}

/** Middle of `values`, the mean of the two in the middle when they are even in number; NaN of none. */
export function median(values: readonly number[]): number {
  const ordered = values.toSorted((a, b) => a - b);
  const middle = ordered.length >> 1;
  const upper = ordered[middle] ?? Number.NaN;
  return ordered.length % 2 === 1 ? upper : ((ordered[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * Median of the quotients of two subjects measured side by side: what drifts from round to round, as a busy machine
 * does, falls out. Only rounds that have both count.
 */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  const rounds = Math.min(ours.length, theirs.length);
  return median(
    Array.from(
      { length: rounds },
      (_, round) => (ours[round] ?? Number.NaN) / (theirs[round] ?? Number.NaN),
    ),
  );
}

/** The target "at least `target`"; a value of NaN was not measured. */
export function atLeast(name: string, value: number, target: number): Target {
  const isMeasured = Number.isFinite(value);
  return {
    name,
    value: isMeasured ? rounded(value) : null,
    target,
    met: isMeasured && value >= target,
  };
}

/** The target "at most `target`"; a value of NaN was not measured. */
export function atMost(name: string, value: number, target: number): Target {
  return { ...atLeast(name, value, target), met: value <= target };
}

/** Three significant digits, and no more digits behind the point than those. */
export function rounded(value: number): number {
  return Number(
    value.toPrecision(Math.abs(value) >= 100 ? Math.ceil(Math.log10(Math.abs(value))) : 3),
  );
}
