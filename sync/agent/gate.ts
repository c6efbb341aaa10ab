import type { Clock } from '../core/clock.ts';
import type { LocalTime } from '../core/local-time.ts';
import type { AgentState } from '../wire/agent-state.ts';
import type { SendingClass } from '../wire/order.ts';
import { type Bucket, bucketWaitMs, drained, fullBucket, refilled } from './bucket.ts';
import {
  type BudgetRules,
  calibrated,
  firstFactor,
  heldByBudget,
  periodOf,
  renewalOf,
} from './budget.ts';
import type { LedgerKeeper } from './ledger.ts';
import { afterPiece, freshShares, type SharedClass, turnsOf } from './shares.ts';
import { capAt, type Timetable } from './timetable.ts';

/** What the owner of the link allows. */
export interface GateRules {
  readonly timetable: Timetable;
  /** Undefined: the link is not metered. */
  readonly budget: BudgetRules | undefined;
  /** The wall clock of the place, for both. */
  readonly localTime: (ms: number) => LocalTime;
}

/** Says which class sends next, and when: shares, timetable and budget. STAT waits for none of them, and counts. */
export interface Gate {
  /** The classes beside STAT that may leave now, the one whose turn it is first. */
  turns(): readonly SharedClass[];
  /** Milliseconds until a piece may leave, or be asked for, under the timetable. */
  waitMs(isStat: boolean): number;
  /** Bytes of a pack leave now. Resolves when the ledger has them; the journal may refuse, with the system's error. */
  spend(of: SendingClass, sizeBytes: number): Promise<void>;
  /** Bytes of a pack arrived. */
  fetched(sizeBytes: number): void;
  /** Bytes that the interface has carried since it is up, both ways; undefined where nobody can tell. */
  calibrate(interfaceBytes: number | undefined): void;
  limits(): NonNullable<AgentState['limits']>;
}

export function createGate(
  clock: Pick<Clock, 'nowMs' | 'monotonicMs'>,
  { timetable, budget, localTime }: GateRules,
  ledger: LedgerKeeper,
): Gate {
  let shares = freshShares;
  let bucket: Bucket | undefined;
  let factor = firstFactor;
  let payloadBytes = 0;
  let before: { readonly interfaceBytes: number; readonly payloadBytes: number } | undefined;

  const period = (): string => periodOf(localTime(clock.nowMs()).date, budget?.resetDay ?? 1);
  const cap = () => capAt(timetable, localTime(clock.nowMs()).minuteOfDay);
  const held = (): readonly SendingClass[] => {
    if (timetable.length > 0 && cap().bytesPerS === 0) return [1, 2, 3];
    return budget === undefined ? [] : heldByBudget(ledger.usedBytes(period()), budget);
  };

  function fill(bytesPerS: number): Bucket {
    const nowMs = clock.monotonicMs();
    bucket = bucket ? refilled(bucket, bytesPerS, nowMs) : fullBucket(bytesPerS, nowMs);
    return bucket;
  }

  function drain(sizeBytes: number): void {
    const bytesPerS = timetable.length > 0 ? cap().bytesPerS : undefined;
    if (bytesPerS) bucket = drained(fill(bytesPerS), bytesPerS, sizeBytes);
  }

  async function count(sizeBytes: number): Promise<void> {
    payloadBytes += sizeBytes;
    if (budget !== undefined) await ledger.count(period(), Math.ceil(sizeBytes * factor));
  }

  return {
    turns: () => {
      const waiting = held();
      return turnsOf(shares).filter((each) => !waiting.includes(each));
    },
    waitMs: (isStat) => {
      if (isStat || timetable.length === 0) return 0;
      const { bytesPerS } = cap();
      return bytesPerS ? bucketWaitMs(fill(bytesPerS), bytesPerS) : 0;
    },
    spend: (of, sizeBytes) => {
      if (of !== 0) shares = afterPiece(shares, of, sizeBytes);
      drain(sizeBytes);
      return count(sizeBytes);
    },
    fetched: (sizeBytes) => {
      drain(sizeBytes);
      count(sizeBytes).catch(() => undefined);
    },
    calibrate: (interfaceBytes) => {
      if (interfaceBytes !== undefined && before !== undefined) {
        const payload = payloadBytes - before.payloadBytes;
        factor = calibrated(factor, payload, interfaceBytes - before.interfaceBytes);
      }
      before = interfaceBytes === undefined ? undefined : { interfaceBytes, payloadBytes };
    },
    limits: () => {
      const { bytesPerS, untilMinuteOfDay } = cap();
      const isClosed = timetable.length > 0 && bytesPerS === 0;
      return {
        capBytesPerS: bytesPerS ?? null,
        capUntilMinuteOfDay: untilMinuteOfDay ?? null,
        heldClasses: [...held()],
        heldBy: isClosed ? 'timetable' : held().length > 0 ? 'budget' : null,
        budget: budget
          ? {
              usedBytes: roundedToMiB(ledger.usedBytes(period())),
              monthlyBytes: budget.monthlyBytes,
              renewsOn: renewalOf(period(), budget.resetDay),
            }
          : null,
      };
    },
  };
}

/** So that the state does not change with every request. */
function roundedToMiB(bytes: number): number {
  return Math.ceil(bytes / 1024 ** 2) * 1024 ** 2;
}

export const utcTime = (ms: number): LocalTime => {
  const at = new Date(ms);
  const minuteOfDay = at.getUTCHours() * 60 + at.getUTCMinutes();
  return { date: at.toISOString().slice(0, 10), minuteOfDay };
};

/** No limit at all. */
export const freeGateRules: GateRules = { timetable: [], budget: undefined, localTime: utcTime };
