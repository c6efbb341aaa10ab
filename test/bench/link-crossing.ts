import type { BadLink } from './bad-link.ts';
import type { Prepared, Sent } from './link-road.ts';
import { bytesWithin, type LineTimes, lineTimesOf, watchUplink } from './link-uplink.ts';
import { blow, type Storm, type Weather } from './link-weather.ts';

/** The line that everything is measured on. */
export const quality = { rateKbitPerS: 2_000, delayMs: 300, lossPercent: 1 };
export const lineBytesPerS = (quality.rateKbitPerS * 1_000) / 8;

/** One crossing as it went. */
export interface Crossing extends Sent, Storm {
  /** Seconds until the near end knew; what passed until the limit when it is not finished. */
  readonly knownS: number;
  readonly isFinished: boolean;
  /** IP bytes on the uplink, by the counter of the box's interface, and back. */
  readonly upBytes: number;
  readonly downBytes: number;
  /** What the box gave to a link that was down. */
  readonly darkBytes: number;
  /** Only of a link that is up all the time. */
  readonly line?: LineTimes | undefined;
}

/** Carries what is prepared in some weather, for `limitS` at most. */
export async function cross(
  link: BadLink,
  prepared: Prepared,
  weather: Weather,
  limitS: number,
): Promise<Crossing> {
  const limit = new AbortController();
  const over = new AbortController();
  const before = await link.interfaceBytes();
  const watch = watchUplink(link);
  const startedMs = performance.now();
  const lineMs = (prepared.expectedBytes / lineBytesPerS) * 1_000;
  const blowing = blow(weather.plan(lineMs), link, over.signal);
  // A bench that is stopped takes the link away under it; who waits for it below is told all the same.
  blowing.catch(() => undefined);
  const timer = setTimeout(() => limit.abort(), limitS * 1_000);
  try {
    const sent = await prepared.send(limit.signal);
    const knownMs = performance.now();
    watch.stop();
    over.abort();
    const [storm, after] = [await blowing, await link.interfaceBytes()];
    return {
      ...sent,
      ...storm,
      knownS: (knownMs - startedMs) / 1_000,
      ...(storm.cuts === 0 && {
        line: lineTimesOf(watch.looks, startedMs, knownMs, lineBytesPerS / 1_000),
      }),
      darkBytes: storm.dark.reduce((sum, span) => sum + bytesWithin(watch.looks, span), 0),
      isFinished: !limit.signal.aborted,
      upBytes: after.up - before.up,
      downBytes: after.down - before.down,
    };
  } finally {
    clearTimeout(timer);
    watch.stop();
    over.abort();
    await blowing;
    await prepared.finish?.();
  }
}
