import type { Clock } from '#sync/core/clock.ts';
import type { SealingTurn } from './sealing.ts';

/** The lane in which large packs are coded, beside all other work on letters. */
export interface BulkLane {
  /** Something came or changed: the next turn begins as soon as it can. */
  stir(): void;
  /**
   * Begins a turn when none is under way and one is due. Answers what was sealed since it was asked last, and when to
   * ask again at the latest, milliseconds. A turn that failed throws here, once.
   */
  turn(begin: () => Promise<SealingTurn>): SealingTurn;
  /** No turn is under way. */
  isResting(): boolean;
  /** Resolves when no turn is under way. */
  idle(): Promise<void>;
}

/** Its end rings before. */
const underWayMs = 60_000;

/** `onEnd` is called when a turn has ended. */
export function createBulkLane(clock: Pick<Clock, 'monotonicMs'>, onEnd: () => void): BulkLane {
  let running: Promise<void> | undefined;
  let isStirred = true;
  let dueMs = Number.NEGATIVE_INFINITY;
  let sealedBytes = 0;
  let failure: { readonly cause: unknown } | undefined;

  async function run(begin: () => Promise<SealingTurn>): Promise<void> {
    try {
      const ended = await begin();
      sealedBytes += ended.sealedBytes;
      dueMs = clock.monotonicMs() + ended.againInMs;
    } catch (cause) {
      failure = { cause };
      dueMs = Number.NEGATIVE_INFINITY;
    } finally {
      running = undefined;
      onEnd();
    }
  }

  return {
    stir: () => {
      isStirred = true;
    },
    turn: (begin) => {
      const failed = failure;
      failure = undefined;
      if (failed) throw failed.cause;
      if (running === undefined && (isStirred || clock.monotonicMs() >= dueMs)) {
        isStirred = false;
        running = run(begin);
      }
      const done = sealedBytes;
      sealedBytes = 0;
      const leftMs = Math.max(0, dueMs - clock.monotonicMs());
      return { sealedBytes: done, againInMs: running === undefined ? leftMs : underWayMs };
    },
    isResting: () => running === undefined,
    idle: async () => {
      while (running !== undefined) await running;
    },
  };
}
