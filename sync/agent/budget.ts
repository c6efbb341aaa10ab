import type { SendingClass } from '../wire/order.ts';

/** What may cross the link in a month. */
export interface BudgetRules {
  readonly monthlyBytes: number;
  /** Day of the month on which the count starts anew, 1 to 28. */
  readonly resetDay: number;
}

/** Bytes on the link by period; a period has the name of the month in which it begins, YYYY-MM. */
export type Ledger = Readonly<Record<string, number>>;

/** Of the budget, in parts of a hundred: from the first on bulk waits, from the second routine too, then all but STAT. */
export const thresholds = { bulk: 80, routine: 95, all: 100 } as const;

/** Periods that are remembered. */
const kept = 4;

/** The period of a day YYYY-MM-DD. */
export function periodOf(date: string, resetDay: number): string {
  const [year = 1970, month = 1, day = 1] = date.split('-').map(Number);
  const months = year * 12 + (month - 1) - (day < resetDay ? 1 : 0);
  return periodName(months);
}

/** The day on which the period behind `period` begins, YYYY-MM-DD. */
export function renewalOf(period: string, resetDay: number): string {
  const [year = 1970, month = 1] = period.split('-').map(Number);
  return `${periodName(year * 12 + month)}-${String(resetDay).padStart(2, '0')}`;
}

/**
 * Bytes that count against the budget of `period`. What was counted into later periods counts too: the clock was ahead
 * and came back. A period before all that are known is a clock that lost its time: the newest one goes on.
 */
export function usedIn(ledger: Ledger, period: string): number {
  const from = countedPeriod(ledger, period);
  return Object.entries(ledger).reduce(
    (sum, [name, bytes]) => (name >= from ? sum + bytes : sum),
    0,
  );
}

/** The ledger with `bytes` more. A new month forgets those that a wrong clock put behind it. */
export function withCounted(ledger: Ledger, period: string, bytes: number): Ledger {
  const name = countedPeriod(ledger, period);
  const isNew = ledger[name] === undefined;
  const all = Object.entries(ledger).filter(([known]) => !isNew || known < name);
  const counted = new Map(all).set(name, (ledger[name] ?? 0) + bytes);
  return Object.fromEntries([...counted].sort(([a], [b]) => (a < b ? -1 : 1)).slice(-kept));
}

function countedPeriod(ledger: Ledger, period: string): string {
  const known = Object.keys(ledger).sort();
  const [oldest] = known;
  return oldest !== undefined && period < oldest ? (known.at(-1) ?? period) : period;
}

/** The classes that wait when so many bytes are used; STAT never does, and overdraws. */
export function heldByBudget(
  usedBytes: number,
  { monthlyBytes }: BudgetRules,
): readonly SendingClass[] {
  const percent = (100 * usedBytes) / monthlyBytes;
  if (percent >= thresholds.all) return [1, 2, 3];
  if (percent >= thresholds.routine) return [2, 3];
  return percent >= thresholds.bulk ? [3] : [];
}

/** Headers, TLS, acknowledgements and what is sent twice, before anything was measured: 4 to 8 % on bad links. */
export const firstFactor = 1.06;
const factorLimits = { least: 1.01, most: 1.3 } as const;
/** Less than this says more about a moment than about the link. */
const leastSampleBytes = 4 * 1024 * 1024;

/**
 * Bytes on the link for each byte of a pack, after `payloadBytes` took `linkBytes` on the interface. A ratio that no
 * protocol explains is somebody else's traffic and says nothing.
 */
export function calibrated(factor: number, payloadBytes: number, linkBytes: number): number {
  const ratio = linkBytes / payloadBytes;
  const isOurs = ratio >= factorLimits.least && ratio <= factorLimits.most;
  return payloadBytes >= leastSampleBytes && isOurs ? factor + 0.2 * (ratio - factor) : factor;
}

function periodName(months: number): string {
  return `${String(Math.floor(months / 12)).padStart(4, '0')}-${String((months % 12) + 1).padStart(2, '0')}`;
}
