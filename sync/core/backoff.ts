import type { Random } from './random.ts';

/** The longest pause between two attempts while retries go on for ever (sync design, backoff and wake). */
export const backoffCapMs = 60_000;

/**
 * The pause before attempt `attempt` (0 = the first retry): full jitter over a doubling window that starts at
 * `baseMs` (default 2 s) and never exceeds `capMs`. The result is at least `baseMs / 4`, so a loop cannot spin.
 */
export function backoffMs(
  attempt: number,
  random: Pick<Random, 'fraction'>,
  baseMs = 2_000,
  capMs = backoffCapMs,
): number {
  const windowMs = Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
  return Math.max(Math.min(baseMs, capMs) / 4, random.fraction() * windowMs);
}
