import { setTimeout } from 'node:timers/promises';
import type { BadLink } from './bad-link.ts';

/** How a link comes and goes. */
export interface Weather {
  readonly name: string;
  /** When the link turns, milliseconds from the start, for a crossing whose bytes take `lineMs` at the rate of the line. */
  plan(lineMs: number): Iterable<Cut>;
}

/** The link is up for `upMs`, and then down for `downMs`. */
export interface Cut {
  readonly upMs: number;
  readonly downMs: number;
}

/** What happened to the link. */
export interface Storm {
  readonly cuts: number;
  readonly downS: number;
}

export const weathers: readonly Weather[] = [
  { name: 'steady', plan: () => [] },
  { name: 'a cut of 20 s', plan: (lineMs) => [{ upMs: lineMs / 2, downMs: 20_000 }] },
  { name: 'flapping 5 s/5 s', plan: flapping },
];

function* flapping(): Iterable<Cut> {
  for (;;) yield { upMs: 5_000, downMs: 5_000 };
}

/** Lets the link come and go until the plan or `signal` ends; leaves it up. */
export async function blow(
  plan: Iterable<Cut>,
  link: Pick<BadLink, 'turn'>,
  signal: AbortSignal,
): Promise<Storm> {
  let cuts = 0;
  let downS = 0;
  for (const { upMs, downMs } of plan) {
    await pause(upMs, signal);
    if (signal.aborted) break;
    const startedMs = performance.now();
    cuts += 1;
    await link.turn('down');
    await pause(downMs, signal);
    await link.turn('up');
    downS += (performance.now() - startedMs) / 1_000;
  }
  return { cuts, downS };
}

/** Waits, or until `signal`. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
}
