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
  /** When the last answer came, monotonic milliseconds; -Infinity before the first. */
  lastAnswerMs(): number;
  /**
   * How many uploads whose last byte left wait for their answer longer than most of the last ones did, and `lateMs`
   * more; 0 while nothing is known of what is usual.
   */
  overdue(nowMs: number, lateMs: number): number;
  /** The shortest wait for an answer lately, from the last byte; undefined when none came lately. */
  shortestMs(nowMs: number, windowMs: number): number | undefined;
}

export interface Beat {
  /** The last byte, so far, left. */
  left(): void;
  /** That was the last of all its bytes: from here on an answer is due. */
  whole(): void;
  /** The relay answered; milliseconds since the last byte left. */
  answered(): number;
  /** It ended without an answer. */
  ended(): void;
}

const kept = 64;
/** So many answers say what is usual. */
const answersThatTell = 6;

/** `ring` is called when somebody should look again. */
export function createPulse(clock: Pick<Clock, 'monotonicMs'>, ring: () => void): Pulse {
  let alarms = 0;
  let answers = 0;
  const open = new Map<Beat, number>();
  const whole = new Set<Beat>();
  /** Waits of uploads for their answers, the last ones. */
  let due: readonly number[] = [];
  const waits: { readonly atMs: number; readonly ms: number }[] = [];
  let lastAnswerMs = Number.NEGATIVE_INFINITY;

  const forget = (beat: Beat): void => {
    open.delete(beat);
    whole.delete(beat);
  };

  return {
    isDark: false,
    forget() {
      open.clear();
      whole.clear();
    },
    alarm() {
      alarms++;
      ring();
    },
    alarms: () => alarms,
    answers: () => answers,
    begin() {
      const beat: Beat = {
        left: () => void open.set(beat, clock.monotonicMs()),
        whole: () => void whole.add(beat),
        answered() {
          const nowMs = clock.monotonicMs();
          const ms = nowMs - (open.get(beat) ?? nowMs);
          if (whole.has(beat)) due = [...due, ms].slice(-kept);
          forget(beat);
          lastAnswerMs = nowMs;
          answers++;
          waits.push({ atMs: nowMs, ms });
          if (waits.length > kept) waits.shift();
          return ms;
        },
        ended: () => forget(beat),
      };
      beat.left();
      if (open.size === 1) ring();
      return beat;
    },
    silentSinceMs: () =>
      open.size === 0 ? undefined : Math.max(lastAnswerMs, Math.min(...open.values())),
    lastAnswerMs: () => lastAnswerMs,
    overdue(nowMs, lateMs) {
      if (due.length < answersThatTell) return 0;
      const usualMs = [...due].sort((a, b) => a - b)[due.length >> 1] ?? 0;
      return [...whole].filter((beat) => nowMs - (open.get(beat) ?? nowMs) > usualMs + lateMs)
        .length;
    },
    shortestMs(nowMs, windowMs) {
      const late = waits.filter(({ atMs }) => atMs > nowMs - windowMs).map(({ ms }) => ms);
      return late.length === 0 ? undefined : Math.min(...late);
    },
  };
}
