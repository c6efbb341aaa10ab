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
  /** From when to when it was down, by `performance.now`. */
  readonly dark: readonly Span[];
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
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
  const dark: Span[] = [];
  for (const { upMs, downMs } of plan) {
    await pause(upMs, signal);
    if (signal.aborted) break;
    const fromMs = performance.now();
    await link.turn('down');
    await pause(downMs, signal);
    await link.turn('up');
    dark.push({ fromMs, toMs: performance.now() });
  }
  const downMs = dark.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  return { cuts: dark.length, downS: downMs / 1_000, dark };
}

/** Waits, or until `signal`. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => undefined);
}
