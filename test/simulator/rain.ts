import type { Timeline } from './timeline.ts';

/** What rains: `soon` does something later if it still rains then, and `episode` something that ends by itself. */
export interface Rain {
  readonly timeline: Timeline;
  soon(fromMs: number, toMs: number, work: () => void): void;
  /** `begin`, and `end` after a while; again and again. */
  episode(everyMs: number, lastsMs: number, begin: () => void, end: () => void): void;
}

export function createRain(timeline: Timeline, endMs: number): Rain {
  const { chance } = timeline;
  const soon: Rain['soon'] = (fromMs, toMs, work) => {
    const inMs = chance.between(fromMs, toMs);
    if (timeline.elapsedMs() + inMs < endMs) timeline.after(inMs, work);
  };
  const episode: Rain['episode'] = (everyMs, lastsMs, begin, end) => {
    const start = (): void => {
      begin();
      timeline.after(chance.between(200, lastsMs), end);
      soon(2_000, everyMs, start);
    };
    soon(0, everyMs, start);
  };
  return { timeline, soon, episode };
}
