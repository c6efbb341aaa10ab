import type { Clock } from '#sync/core/clock.ts';
import type { Letter } from '#sync/letters/letter.ts';
import { leftDaysUntil, warningStep } from '#sync/seal/epochs.ts';
import { datesOf } from '#sync/seal/key-list.ts';
import type { Center, Heard } from '../ports-pairing.ts';
import { mayReceive } from './pairing.ts';

/** A list that was only overtaken by a letter is here long before. */
const patienceMs = 3_600_000;
const dayMs = 86_400_000;
/** A letter from so long after the day by which its epoch is to be followed has no time that a box believes. */
const believedAfterMs = 90 * dayMs;

type Watched = Pick<Center, 'root' | 'keyList' | 'heard'>;

/** Days until a center is to follow its epoch are no more than so many; 0: none. */
export type EpochStep = NonNullable<ReturnType<typeof warningStep>>;

/**
 * What the letters of a center tell beside what they say. Every one names its newest key list (pairing design, key
 * list): a relay can hold a list back, and with it a revocation, but no letter without the number. And every one says
 * when it was sealed: the clock of the center, the only one by which an epoch ends. The box's own may stand anywhere.
 */
export interface KeyListWatch {
  /** A letter of `center` that passed every check; what is now worth keeping over a restart, if anything. */
  heard(center: Watched, letter: Letter, sealedAtMs: number): Heard | undefined;
  /** The centers as they are now: what was kept of them counts from here on. */
  look(centers: readonly Watched[]): void;
  /** How many of `centers` named a list that did not come for an hour. */
  behind(centers: readonly Watched[]): number;
  /** The nearest end of an epoch of the centers that patients may go to now. */
  epochStep(centers: readonly Center[]): EpochStep | undefined;
}

interface Known extends Heard {
  /** Since when `list` is missed. */
  readonly sinceMs: number;
  /** When `at` was, by the monotonic clock. */
  readonly atMonotonicMs: number;
}

export function createKeyListWatch(clock: Pick<Clock, 'monotonicMs'>): KeyListWatch {
  const known = new Map<string, Known>();
  /** What was told to be kept, which a record that was read before does not say yet. */
  const noted = new Map<string, Heard>();

  /** What is known of a center, with what its record and its list say. */
  function knownOf({ root, keyList, heard }: Watched): Known {
    const before = known.get(root) ?? { list: 0, at: 0, sinceMs: 0, atMonotonicMs: 0 };
    const floor = Math.max(heard?.at ?? 0, datesOf(keyList)?.issuedMs ?? 0);
    const now = learn(before, { list: heard?.list ?? 0, at: floor }, keyList.list);
    known.set(root, now);
    return now;
  }

  function learn(before: Known, { list, at }: Heard, held: number): Known {
    const nowMs = clock.monotonicMs();
    const isLater = at > timeOf(before, nowMs);
    // The wait goes on from the first list that is missed; a newer one does not begin it anew.
    const isMissed = before.list > held;
    return {
      list: Math.max(before.list, list),
      sinceMs: list > before.list && !isMissed ? nowMs : before.sinceMs,
      at: isLater ? at : before.at,
      atMonotonicMs: isLater ? nowMs : before.atMonotonicMs,
    };
  }

  return {
    heard: (center, letter, sealedAtMs) => {
      const before = knownOf(center);
      const dates = datesOf(center.keyList);
      const isBelieved = dates !== undefined && sealedAtMs < dates.followByMs + believedAfterMs;
      const list = listOf(letter) ?? 0;
      const after = learn(before, { list, at: isBelieved ? sealedAtMs : 0 }, center.keyList.list);
      known.set(center.root, after);
      const kept = noted.get(center.root) ?? center.heard ?? { list: 0, at: 0 };
      const isMissed = after.list > center.keyList.list && after.list > kept.list;
      if (!isMissed && after.at - kept.at < dayMs) return undefined;
      const news = { list: after.list, at: after.at };
      noted.set(center.root, news);
      return news;
    },
    look: (centers) => centers.forEach(knownOf),
    behind: (centers) =>
      centers.filter((center) => {
        const { list, sinceMs } = knownOf(center);
        return list > center.keyList.list && clock.monotonicMs() - sinceMs >= patienceMs;
      }).length,
    epochStep: (centers) => {
      const nowMs = clock.monotonicMs();
      const steps = centers.filter(mayReceive).flatMap((center) => {
        const dates = datesOf(center.keyList);
        if (dates === undefined) return [];
        return warningStep(leftDaysUntil(dates.followByMs, timeOf(knownOf(center), nowMs))) ?? [];
      });
      return steps.length === 0 ? undefined : (Math.min(...steps) as EpochStep);
    },
  };
}

/** The clock of a center, which goes on with the monotonic one of the box since it was heard last. */
function timeOf({ at, atMonotonicMs }: Known, nowMs: number): number {
  return at === 0 ? 0 : at + nowMs - atMonotonicMs;
}

function listOf(letter: Letter): number | undefined {
  if (letter.kind === 'report') return letter.report.meta.list;
  if (letter.kind === 'receipt') return 'list' in letter.receipt ? letter.receipt.list : undefined;
  if (letter.kind === 'control') return 'list' in letter.control ? letter.control.list : undefined;
  return undefined;
}
