import type { Clock } from '#sync/core/clock.ts';
import type { ForwardHealth, WaitingInstance } from './ports.ts';

/** A destination that takes nothing for so long while images wait needs a person. */
const stuckAfterMs = 60 * 60_000;

/** How each destination stands, kept while the program runs. */
export interface HealthBook {
  /** The last attempt failed; undefined: all is well. */
  trouble(destination: string, why: string | undefined): void;
  /** What a look found: the oldest that waits, if any. */
  looked(destination: string, oldest: WaitingInstance | undefined): void;
  /** It took an image now. */
  taken(destination: string): void;
  of(destination: string): ForwardHealth;
}

export function createHealthBook(clock: Pick<Clock, 'nowMs'>): HealthBook {
  const troubles = new Map<string, string | undefined>();
  const oldestAtMs = new Map<string, number | undefined>();
  const takenAtMs = new Map<string, number>();
  return {
    trouble: (destination, why) => void troubles.set(destination, why),
    looked: (destination, oldest) => void oldestAtMs.set(destination, oldest?.arrivedAtMs),
    taken: (destination) => void takenAtMs.set(destination, clock.nowMs()),
    of: (destination) => {
      const trouble = troubles.get(destination);
      const waitingSinceMs = oldestAtMs.get(destination);
      // After a restart the hour counts from the oldest image: nothing is known of what was taken.
      const quietFromMs = Math.max(waitingSinceMs ?? 0, takenAtMs.get(destination) ?? 0);
      const isLong = clock.nowMs() - quietFromMs >= stuckAfterMs;
      const isStuck = trouble !== undefined && waitingSinceMs !== undefined && isLong;
      return { destination, waitingSinceMs, trouble, isStuck };
    },
  };
}
