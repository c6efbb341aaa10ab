import type { Clock } from '../core/clock.ts';
import type { SendingClass } from '../wire/order.ts';
import type { Board } from './board.ts';
import type { Gate } from './gate.ts';
import { createMeter, type Meter } from './meter.ts';
import { planNext } from './plan.ts';
import type { Running } from './running.ts';
import type { Valve } from './valve.ts';

/** One party's share of the link: what its loops take for the gate and the valve. */
export interface Share {
  readonly gate: Gate;
  readonly valve: Valve;
  /** Uploads of all parties: any of them may have to make way for STAT of this one. */
  readonly rivals: () => ReadonlySet<Running>;
  readonly leave: () => void;
}

/**
 * One link, several parties: pace, timetable, budget and the turns of the classes are of all of them together. STAT of
 * one party stops the others as it stops its own; a class whose turn it is leaves from whoever has it.
 */
export interface Sharing {
  /** How fast the link is; each board of a party is made with it. */
  readonly meter: Meter;
  join(board: Board, running: Set<Running>): Share;
}

interface Party {
  readonly board: Board;
  readonly running: Set<Running>;
  /** Monotonic time since which it could have sent and did not; undefined while it sends. */
  idleSinceMs: number | undefined;
}

/** A party that could send and does not, since its relay does not answer, holds the others up no longer than this. */
const patienceMs = 2_000;

export function createSharing(
  clock: Pick<Clock, 'monotonicMs' | 'wait'>,
  gate: Gate,
  valve: Valve,
): Sharing {
  const parties = new Set<Party>();

  /** Whether `party` is about to send something of class `of`. */
  function claims(party: Party, of: SendingClass): boolean {
    const { board, running } = party;
    if (of === 0 && [...running].some(({ isStat }) => isStat)) return true;
    if (board.link !== 'up' || !has(board, of, clock.monotonicMs())) return false;
    party.idleSinceMs ??= clock.monotonicMs();
    return clock.monotonicMs() - party.idleSinceMs < patienceMs;
  }

  function othersOf(own: Party): readonly Party[] {
    return [...parties].filter((party) => party !== own);
  }

  function turnsOf(own: Party): ReturnType<Gate['turns']> {
    const turns = gate.turns();
    const others = othersOf(own);
    if (others.length === 0) return turns;
    const nowMs = clock.monotonicMs();
    const isTheirs = (of: SendingClass): boolean => others.some((party) => claims(party, of));
    const first = isTheirs(0)
      ? undefined
      : turns.find((of) => has(own.board, of, nowMs) || isTheirs(of));
    if (!isTheirs(0) && (first === undefined || has(own.board, first, nowMs))) return turns;
    lookAgain(own);
    return [];
  }

  /** Nothing rings when the patience with others is over. */
  const waiting = new Set<Party>();
  function lookAgain(own: Party): void {
    if (waiting.has(own)) return;
    waiting.add(own);
    void clock.wait(patienceMs / 4, never).then(() => {
      waiting.delete(own);
      if (parties.has(own)) own.board.bell.ring();
    });
  }

  return {
    // The link is one: what any relay acknowledged tells how fast it is.
    meter: createMeter(),
    join(board, running) {
      const own: Party = { board, running, idleSinceMs: undefined };
      parties.add(own);
      return {
        gate: {
          ...gate,
          turns: () => turnsOf(own),
          spend: (of, sizeBytes) => {
            own.idleSinceMs = undefined;
            const spent = gate.spend(of, sizeBytes);
            for (const { board: other } of othersOf(own)) other.bell.ring();
            return spent;
          },
        },
        valve: {
          ...valve,
          stat: (isUnderWay) =>
            valve.stat(isUnderWay || othersOf(own).some((party) => claims(party, 0))),
        },
        rivals: () => new Set([...parties].flatMap((party) => [...party.running])),
        leave: () => void parties.delete(own),
      };
    },
  };
}

const never = new AbortController().signal;
const anything = { pieceBytes: 1, aheadBytes: Number.POSITIVE_INFINITY };

/** Whether something of the class may be sent now. */
function has(board: Board, of: SendingClass, nowMs: number): boolean {
  const { order, outgoing } = board;
  const next = planNext(
    of === 0 ? order : { ...order, packs: order.packs.filter((pack) => pack.class === of) },
    outgoing,
    board.progressOf,
    nowMs,
    anything,
    of === 0 ? [] : [of],
  );
  return next !== undefined && next.class === of;
}
