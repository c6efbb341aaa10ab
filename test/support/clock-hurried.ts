import { systemClock } from '#sync/adapters/clock-system.ts';
import type { Clock } from '#sync/core/clock.ts';

/** How often it looks at the machine's clock while somebody waits, and how much of what passed since it counts. */
const stepMs = 5;
const mostMs = 20;

interface Wait {
  readonly dueMs: number;
  end(): void;
}

/**
 * The machine's clock run `factor` times as fast: pauses of a minute are over in a moment. It stands still while the
 * machine leaves this process alone, so that no deadline passes for want of a processor, and while nobody waits.
 */
export function createHurriedClock(factor: number): Clock {
  const startMs = Date.now();
  const waits = new Set<Wait>();
  let elapsedMs = 0;
  let lookedMs = systemClock.monotonicMs();
  let timer: NodeJS.Timeout | undefined;

  function monotonicMs(): number {
    const nowMs = systemClock.monotonicMs();
    elapsedMs += Math.min(nowMs - lookedMs, mostMs) * factor;
    lookedMs = nowMs;
    return elapsedMs;
  }

  function look(): void {
    timer = undefined;
    monotonicMs();
    const due = [...waits].filter(({ dueMs }) => dueMs <= elapsedMs);
    for (const wait of due.sort((a, b) => a.dueMs - b.dueMs)) wait.end();
    lookAgain();
  }

  function lookAgain(): void {
    clearTimeout(timer);
    if (waits.size === 0) return;
    const nextMs = Math.min(...[...waits].map(({ dueMs }) => dueMs - elapsedMs)) / factor;
    timer = setTimeout(look, Math.min(stepMs, nextMs));
  }

  return {
    nowMs: () => startMs + monotonicMs(),
    monotonicMs,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const end = (): void => {
          waits.delete(wait);
          signal.removeEventListener('abort', end);
          if (waits.size === 0) clearTimeout(timer);
          resolve();
        };
        const wait: Wait = { dueMs: monotonicMs() + ms, end };
        waits.add(wait);
        signal.addEventListener('abort', end);
        lookAgain();
      }),
  };
}
