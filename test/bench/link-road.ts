import { setTimeout } from 'node:timers/promises';
import type { BadLink } from './bad-link.ts';
import type { LinkStudy } from './link-study.ts';
import type { Moment } from './link-timeline.ts';

/** A way to bring the files of a study to the far end of a link. */
export interface Road {
  /** Does what comes before the clock: the study is then at the near end. */
  prepare(study: LinkStudy): Promise<Prepared>;
}

/** A crossing that can start. */
export interface Prepared {
  /** Bytes that the uplink will carry, about: half of them is the middle. */
  readonly expectedBytes: number;
  /** Ends when the near end knows that all has arrived, or soon after `signal`. */
  send(signal: AbortSignal): Promise<Sent>;
  /** Leaves the road as the next crossing needs it. */
  finish?(): Promise<void>;
}

/** What a road tells of a crossing beside its time; what it does not know is absent. */
export interface Sent {
  /** Size of the sealed packs. */
  readonly sealedBytes?: number;
  /** Everything is in the PACS, seconds from the start. */
  readonly inPacsS?: number;
  /** The first bytes of a pack are in the relay's store, seconds from the start. */
  readonly firstByteS?: number;
  /** What was seen on the way. */
  readonly moments?: readonly Moment[];
  /** How often it had to begin anew. */
  readonly attempts?: number;
}

/** What is measured: its name, and how its programs start at both ends of a link. */
export interface Subject {
  readonly name: string;
  /** Commands that must be installed. */
  readonly peers: readonly string[];
  open(link: BadLink, root: string): Promise<Road>;
}

const betweenAttemptsMs = 2_000;

/** Tries until it succeeds or `signal`, as a patient person would; how often it was tried. */
export async function patiently(
  signal: AbortSignal,
  attempt: (signal: AbortSignal) => Promise<unknown>,
): Promise<number> {
  for (let attempts = 1; ; attempts++) {
    try {
      await attempt(signal);
      return attempts;
    } catch {
      if (signal.aborted) return attempts;
      await setTimeout(betweenAttemptsMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Waits until it is true, or `signal`. */
export async function until(
  signal: AbortSignal,
  isTrue: () => Promise<boolean>,
  everyMs = 50,
): Promise<void> {
  while (!signal.aborted && !(await isTrue())) await setTimeout(everyMs);
}

/** Waits for something that is not measured; throws when it takes longer than `minutes`. */
export async function expectSoon(
  what: string,
  isTrue: () => Promise<boolean>,
  minutes = 3,
): Promise<void> {
  const signal = AbortSignal.timeout(minutes * 60_000);
  await until(signal, isTrue, 200);
  if (signal.aborted) throw new Error(`${what} did not happen within ${minutes} minutes`);
}
