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
  /** Ends of the waits under way. Idle loops wait a thousand times an hour: no composite signal is made for each. */
  const waits = new Set<() => void>();
  return {
    count: () => rings,
    ring() {
      rings++;
      for (const end of [...waits]) end();
    },
    async after(count, ms, signal) {
      if (rings !== count || signal.aborted) return;
      const over = new AbortController();
      // With a reason of its own no error with a stack is made.
      const end = (): void => over.abort('rung');
      waits.add(end);
      signal.addEventListener('abort', end);
      try {
        await clock.wait(ms, over.signal);
      } finally {
        waits.delete(end);
        signal.removeEventListener('abort', end);
      }
    },
  };
}
