import { setTimeout as pause } from 'node:timers/promises';
import { joinSignals } from '#sync/core/signals.ts';
import type { Client, ClientFault } from './client.ts';
import type { Event } from './model/event.ts';
import type { Silence } from './model/state.ts';

/** How often the screen looks at the box: twice a second at most for studies, less for the header. */
export interface Pace {
  readonly statusMs: number;
  readonly studiesMs: number;
}

const usualPace: Pace = { statusMs: 2_000, studiesMs: 500 };

/**
 * Keeps the screen in step with the box until `signal` aborts, whatever happens to the box: the header in one loop,
 * the studies by long poll in another. It never gives up.
 */
export async function follow(
  client: Client,
  follower: Follower,
  signal: AbortSignal,
  pace: Pace = usualPace,
): Promise<void> {
  await Promise.all([
    followStatus(client, follower, signal, pace),
    followStudies(client, follower, signal, pace),
  ]);
}

/** Who is told, and what it looks for. */
export interface Follower {
  readonly dispatch: (event: Event) => void;
  readonly nowMs: () => number;
  readonly finder: Finder;
}

async function followStatus(
  client: Client,
  { dispatch, nowMs }: Follower,
  signal: AbortSignal,
  { statusMs }: Pace,
): Promise<void> {
  while (!signal.aborted) {
    const answer = await client.status(signal);
    if (signal.aborted) return;
    const atMs = nowMs();
    dispatch(
      answer.ok
        ? { type: 'status', status: answer.value, atMs }
        : { type: 'silence', silence: silenceOf(answer.fault), atMs },
    );
    await wait(statusMs, signal);
  }
}

/** What is looked for among older studies; a change of it ends the question that waits at the box. */
export interface Finder {
  readonly text: () => string | undefined;
  /** Aborts at the next change. */
  readonly changed: () => AbortSignal;
  set(text: string | undefined): void;
}

export function createFinder(): Finder {
  let now: string | undefined;
  let change = new AbortController();
  return {
    text: () => now,
    changed: () => change.signal,
    set: (text) => {
      if (text === now) return;
      now = text;
      change.abort();
      change = new AbortController();
    },
  };
}

/** After a failure the whole list is asked for again: a restarted box may count its revisions anew. */
async function followStudies(
  client: Client,
  { dispatch, finder }: Follower,
  signal: AbortSignal,
  { statusMs, studiesMs }: Pace,
): Promise<void> {
  let after: number | undefined;
  while (!signal.aborted) {
    const changed = finder.changed();
    const either = joinSignals(signal, changed);
    const answer = await client.studies(after, either.signal, finder.text());
    either.release();
    if (signal.aborted) return;
    if (!changed.aborted) {
      if (!answer.ok) dispatch({ type: 'no list' });
      else if (answer.value.revision !== after) dispatch({ type: 'studies', list: answer.value });
      await wait(answer.ok ? studiesMs : statusMs, signal);
    }
    // Another text to find, also one that came in the pause, is a question of its own: the box must not wait with it.
    after = answer.ok && !changed.aborted ? answer.value.revision : undefined;
  }
}

function silenceOf({ kind }: ClientFault): Silence {
  switch (kind) {
    case 'tui/no-permission':
      return 'no-permission';
    case 'tui/other-version':
      return 'other-version';
    default:
      return 'no-answer';
  }
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => {});
}
