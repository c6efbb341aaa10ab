import type { Clock } from '../core/clock.ts';

/** Wakes a loop that waits; a ring while nobody waits is remembered. */
export interface Bell {
  ring(): void;
  /** Resolves after `ms`, at a ring, or when `signal` aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function createBell(clock: Clock): Bell {
  let rung = new AbortController();
  return {
    ring: () => rung.abort(),
    wait: async (ms, signal) => {
      await clock.wait(ms, AbortSignal.any([rung.signal, signal]));
      rung = new AbortController();
    },
  };
}
