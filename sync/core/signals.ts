import type { Clock } from './clock.ts';

/** A signal that aborts with the first of several. */
export interface JoinedSignal {
  readonly signal: AbortSignal;
  /** Takes its listeners off the others; from then on it aborts no more. May be called twice. */
  release(): void;
}

/**
 * Joins signals by listeners that leave with the first abort or with `release`: one of the two must come when some of
 * `sources` live long. `AbortSignal.any` is absent on purpose where this is done again and again: its weak references
 * stand until a full collection of garbage, a dozen objects for each request of a program that runs for weeks.
 */
export function joinSignals(...sources: readonly AbortSignal[]): JoinedSignal {
  const joined = new AbortController();
  const release = (): void => {
    for (const source of sources) source.removeEventListener('abort', end);
  };
  // With a reason of its own no error with a stack is made.
  const end = (): void => {
    release();
    joined.abort('joined');
  };
  if (sources.some(({ aborted }) => aborted)) joined.abort('joined');
  else for (const source of sources) source.addEventListener('abort', end);
  return { signal: joined.signal, release };
}

/** Waits as the clock does, until the first of `signals` aborts. */
export async function waitFor(
  clock: Pick<Clock, 'wait'>,
  ms: number,
  ...signals: readonly AbortSignal[]
): Promise<void> {
  const { signal, release } = joinSignals(...signals);
  await clock.wait(ms, signal);
  release();
}
