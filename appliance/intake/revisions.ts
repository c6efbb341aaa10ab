import type { Clock } from '#sync/core/clock.ts';
import { waitFor } from '#sync/core/signals.ts';

/** A number that rises with every visible change, and a way to wait for that. */
export interface Revisions {
  current(): number;
  /** Something that a screen shows has changed. */
  bump(): void;
  /** Resolves when the revision differs from `after`, after `waitMs`, or when `signal` aborts. */
  waitFor(after: number, waitMs: number, signal: AbortSignal): Promise<void>;
}

/**
 * Starts at the wall clock, so that it rises over restarts. A caller that names another revision than the current
 * one, higher or lower, is answered at once.
 */
export function createRevisions(clock: Clock): Revisions {
  let revision = clock.nowMs();
  let change = Promise.withResolvers<void>();
  return {
    current: () => revision,
    bump: () => {
      revision += 1;
      change.resolve();
      change = Promise.withResolvers();
    },
    waitFor: async (after, waitMs, signal) => {
      if (after !== revision || waitMs <= 0) return;
      const timer = new AbortController();
      const wait = waitFor(clock, waitMs, timer.signal, signal);
      await Promise.race([change.promise, wait]);
      timer.abort();
    },
  };
}

/** Changes come in crowds while a study arrives: those of so long are one. */
const crowdMs = 500;
const longestWaitMs = 60_000;

/** Rings all of `rings` when something changed, at most twice a second, until `signal`. No change is missed. */
export async function ringOnChange(
  revisions: Pick<Revisions, 'current' | 'waitFor'>,
  rings: readonly (() => void)[],
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let seen = revisions.current();
  while (!signal.aborted) {
    await revisions.waitFor(seen, longestWaitMs, signal);
    if (revisions.current() === seen) continue;
    seen = revisions.current();
    for (const ring of rings) ring();
    await clock.wait(crowdMs, signal);
  }
}
