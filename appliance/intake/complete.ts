import type { Clock } from '#sync/core/clock.ts';

/** Knows of each study whether it is still arriving, by a clock that never goes back. */
export interface QuietTimes {
  /** An instance of the study came now. */
  arrived(study: string): void;
  /** True when nothing came for the quiet time: as far as anybody can tell, the study is complete. */
  isQuiet(study: string): boolean;
  /** Milliseconds until the next study falls quiet (0: one did), or undefined when all are. */
  nextQuietInMs(): number | undefined;
  /** The studies that fell quiet since the last call. */
  tellQuiet(): readonly string[];
}

/**
 * Completeness by quiet time alone (clinical rules: sending never waits for it). A study that the program has not
 * seen arrive since its start is quiet; the replay at start calls `arrived` for those that are not listed yet.
 */
export function createQuietTimes(clock: Pick<Clock, 'monotonicMs'>, quietMs: number): QuietTimes {
  const lastArrivals = new Map<string, number>();
  const leftMs = (at: number): number => at + quietMs - clock.monotonicMs();

  return {
    arrived: (study) => {
      lastArrivals.delete(study);
      lastArrivals.set(study, clock.monotonicMs());
    },
    isQuiet: (study) => {
      const at = lastArrivals.get(study);
      return at === undefined || leftMs(at) <= 0;
    },
    nextQuietInMs: () => {
      // The oldest arrival is the first in the order of insertion.
      const [oldest] = lastArrivals.values();
      return oldest === undefined ? undefined : Math.max(0, leftMs(oldest));
    },
    tellQuiet: () => {
      const quiet: string[] = [];
      for (const [study, at] of lastArrivals) {
        if (leftMs(at) > 0) break;
        lastArrivals.delete(study);
        quiet.push(study);
      }
      return quiet;
    },
  };
}
