import type { Clock } from '../core/clock.ts';

/** Signs of life of a relay: what was asked for and is not answered yet, and when the last answer came. */
export interface Pulse {
  /** A request that is answered soon after the last of its bytes left. */
  begin(): Beat;
  /** Since when everything that is under way has stayed without any answer; undefined when nothing is. */
  silentSinceMs(): number | undefined;
  /** Expects no answer any more to what is under way: it was reset. */
  forget(): void;
  /** The way is gone, or may be: nothing new is sent until it is found again. */
  isDark: boolean;
  /** A connection broke, or could not be made: whoever looks after the way looks now. */
  alarm(): void;
  /** How often there was an alarm, and an answer. */
  alarms(): number;
  answers(): number;
  /** The shortest wait for an answer lately, from the last byte; undefined when none came lately. */
  shortestMs(nowMs: number, windowMs: number): number | undefined;
}

export interface Beat {
  /** The last byte, so far, left. */
  left(): void;
  /** The relay answered; milliseconds since the last byte left. */
  answered(): number;
  /** It ended without an answer. */
  ended(): void;
}

const kept = 64;

/** `ring` is called when somebody should look again. */
export function createPulse(clock: Pick<Clock, 'monotonicMs'>, ring: () => void): Pulse {
  let alarms = 0;
  let answers = 0;
  const open = new Map<Beat, number>();
  const waits: { readonly atMs: number; readonly ms: number }[] = [];
  let lastAnswerMs = Number.NEGATIVE_INFINITY;

  return {
    isDark: false,
    forget: () => open.clear(),
    alarm() {
      alarms++;
      ring();
    },
    alarms: () => alarms,
    answers: () => answers,
    begin() {
      const beat: Beat = {
        left: () => void open.set(beat, clock.monotonicMs()),
        answered() {
          const nowMs = clock.monotonicMs();
          const ms = nowMs - (open.get(beat) ?? nowMs);
          open.delete(beat);
          lastAnswerMs = nowMs;
          answers++;
          waits.push({ atMs: nowMs, ms });
          if (waits.length > kept) waits.shift();
          return ms;
        },
        ended: () => void open.delete(beat),
      };
      beat.left();
      if (open.size === 1) ring();
      return beat;
    },
    silentSinceMs: () =>
      open.size === 0 ? undefined : Math.max(lastAnswerMs, Math.min(...open.values())),
    shortestMs(nowMs, windowMs) {
      const late = waits.filter(({ atMs }) => atMs > nowMs - windowMs).map(({ ms }) => ms);
      return late.length === 0 ? undefined : Math.min(...late);
    },
  };
}
