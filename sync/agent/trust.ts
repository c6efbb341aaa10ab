import type { Clock } from '../core/clock.ts';

/** Which relays are believed: one that calls good packs damaged would be fed the same bytes for ever. */
export interface Trust {
  /** The relay refused a pack whose file is good. The second time in a row it is not sent to for a while: answers that. */
  refusedGood(relayId: string): boolean;
  /** The relay kept a pack. */
  kept(relayId: string): void;
  /** Milliseconds until something may be sent to the relay; 0 = now. */
  waitMs(relayId: string): number;
}

const refusalsAtMost = 2;
const firstPauseMs = 5 * 60_000;
const longestPauseMs = 6 * 3_600_000;

/**
 * After each pause one refusal is enough for the next one, twice as long: of all that waits, a relay that lies for a day
 * is given some ten packs.
 */
export function createTrust(clock: Pick<Clock, 'monotonicMs'>): Trust {
  const known = new Map<string, { refusals: number; pauses: number; untilMs: number }>();
  const of = (relayId: string) => known.get(relayId) ?? { refusals: 0, pauses: 0, untilMs: 0 };
  const waitMs = (relayId: string): number =>
    Math.max(0, of(relayId).untilMs - clock.monotonicMs());

  return {
    refusedGood(relayId) {
      // What was under way when it was found out says nothing new.
      if (waitMs(relayId) > 0) return true;
      const { refusals, pauses, untilMs } = of(relayId);
      if (refusals + 1 < refusalsAtMost) {
        known.set(relayId, { refusals: refusals + 1, pauses, untilMs });
        return false;
      }
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(pauses, 10));
      const until = clock.monotonicMs() + pauseMs;
      known.set(relayId, { refusals, pauses: pauses + 1, untilMs: until });
      return true;
    },
    kept: (relayId) => void known.delete(relayId),
    waitMs,
  };
}
