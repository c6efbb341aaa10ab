import type { Clock } from '../core/clock.ts';

/** Wakes a loop that waits; a ring while nobody waits is remembered. */
export interface Bell {
  ring(): void;
  /** Resolves after `ms`, at a ring, or when `signal` aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function createBell(clock: Clock): Bell {
  let isRung = false;
  let waiting: AbortController | undefined;
  return {
    ring: () => {
      isRung = true;
      waiting?.abort();
    },
    wait: async (ms, signal) => {
      if (!isRung && !signal.aborted) {
        const own = new AbortController();
        const abort = (): void => own.abort();
        signal.addEventListener('abort', abort, { once: true });
        waiting = own;
        await clock.wait(ms, own.signal);
        waiting = undefined;
        signal.removeEventListener('abort', abort);
      }
      isRung = false;
    },
  };
}
