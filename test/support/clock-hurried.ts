import { systemClock } from '#sync/adapters/clock-system.ts';
import type { Clock } from '#sync/core/clock.ts';

/** The machine's clock run `factor` times as fast: pauses of a minute are over in a moment. */
export function createHurriedClock(factor: number): Clock {
  const startMs = Date.now();
  return {
    nowMs: () => startMs + systemClock.monotonicMs() * factor,
    monotonicMs: () => systemClock.monotonicMs() * factor,
    wait: (ms, signal) => systemClock.wait(ms / factor, signal),
  };
}
