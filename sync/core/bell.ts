import type { Clock } from './clock.ts';

/** Wakes loops that look at shared state. Take `count` before looking, then wait for more than that: nothing is missed. */
export interface Bell {
  count(): number;
  ring(): void;
  /** Resolves when the bell rang after `count`, after `ms`, or when `signal` aborts; never rejects. */
  after(count: number, ms: number, signal: AbortSignal): Promise<void>;
}

export function createBell(clock: Clock): Bell {
  let rings = 0;
  let next = new AbortController();
  return {
    count: () => rings,
    ring() {
      rings++;
      const rung = next;
      next = new AbortController();
      rung.abort();
    },
    async after(count, ms, signal) {
      if (rings === count) await clock.wait(ms, AbortSignal.any([next.signal, signal]));
    },
  };
}
