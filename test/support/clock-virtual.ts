import type { Clock } from '#sync/core/clock.ts';

/** A clock that stands still until a test moves it; waits end when it passes them, or when their signal aborts. */
export interface VirtualClock extends Clock {
  /** Moves both clocks on and ends the waits that are due, in order. */
  advance(ms: number): void;
  /** Waits that are under way. */
  waiting(): number;
}

export function createVirtualClock(startMs = Date.UTC(2026, 0, 15, 12)): VirtualClock {
  let elapsedMs = 0;
  const waits = new Set<{ readonly dueMs: number; end(): void }>();
  return {
    nowMs: () => startMs + elapsedMs,
    monotonicMs: () => elapsedMs,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const wait = {
          dueMs: elapsedMs + ms,
          end: () => {
            waits.delete(wait);
            signal.removeEventListener('abort', wait.end);
            resolve();
          },
        };
        waits.add(wait);
        signal.addEventListener('abort', wait.end);
      }),
    advance(ms) {
      elapsedMs += ms;
      const due = [...waits].filter((wait) => wait.dueMs <= elapsedMs);
      for (const wait of due.sort((a, b) => a.dueMs - b.dueMs)) wait.end();
    },
    waiting: () => waits.size,
  };
}
