import { joinSignals } from '../core/signals.ts';
import { systemClock } from './clock-system.ts';

/** A signal that aborts with another one or after a while. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** The time is up, and that came first. */
  hasPassed(): boolean;
  /** Leaves no timer and no listener behind; to be called in any case. */
  release(): void;
}

/**
 * `signal` left out: the time alone. `AbortSignal.timeout` is absent on purpose: joined with another signal it stays in memory until its time is up, also
 * when what it was for is long over. For a stream that is an hour.
 */
export function createDeadline(
  ms: number,
  signal: AbortSignal = new AbortController().signal,
): Deadline {
  const [timer, over] = [new AbortController(), new AbortController()];
  const joined = joinSignals(signal, timer.signal);
  void systemClock.wait(ms, over.signal).then(() => {
    if (!over.signal.aborted && !joined.signal.aborted) timer.abort('passed');
  });
  return {
    signal: joined.signal,
    hasPassed: () => timer.signal.aborted,
    release() {
      over.abort('released');
      joined.release();
    },
  };
}
