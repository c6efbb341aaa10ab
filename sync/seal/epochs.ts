import { hex, sameBytes } from '../core/bytes.ts';
import { isoOf } from '../core/clock.ts';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { KeyList } from './key-list.ts';
import type { ReceivingKey } from './receiving-key.ts';

/** When an epoch became current and when it was followed, ISO, by the center's clock; by key id in hex. */
export type EpochDates = Readonly<
  Record<string, { readonly currentAt?: string; readonly acceptAt?: string }>
>;

/** An epoch is to be followed after so many days, and the center warns so many days before. */
const epochDays = 90;
const warningDays = [60, 30, 7] as const;
/** What was sealed to an epoch may be under way for so long after it was followed. */
const acceptDays = 45;

const dayMs = 86_400_000;

/** Lists `keys` as `future`, behind what is there. */
export function addEpochs(list: KeyList, keys: readonly ReceivingKey[]): KeyList {
  const future = keys.map(({ kid, publicKey }) => ({
    kid,
    key: publicKey,
    state: 'future' as const,
  }));
  return { ...list, receive: [...list.receive, ...future] };
}

/** The oldest `future` epoch becomes `current`, and what was current `accept`. */
export function nextEpoch(
  list: KeyList,
): Result<{ readonly list: KeyList; readonly kid: Uint8Array }, Fault> {
  const next = list.receive.find(({ state }) => state === 'future');
  if (next === undefined) {
    return fail(
      fault(
        'keys/no-epoch',
        'Cannot begin the next epoch: no future one is listed',
        'Make some with outpost keys epoch add',
      ),
    );
  }
  const receive = list.receive.map((each) => {
    if (each === next) return { ...each, state: 'current' as const };
    return each.state === 'current' ? { ...each, state: 'accept' as const } : each;
  });
  return ok({ list: { ...list, receive }, kid: next.kid });
}

/** `accept` becomes `gone`. Not before its days are over by the center's clock, unless a person insists. */
export function endEpoch(
  list: KeyList,
  kid: Uint8Array,
  at: { readonly dates: EpochDates; readonly nowMs: number; readonly isForced: boolean },
): Result<KeyList, Fault> {
  const epoch = list.receive.find((each) => sameBytes(each.kid, kid));
  if (epoch?.state !== 'accept') {
    return fail(
      fault(
        'keys/epoch-state',
        `Cannot end an epoch that is ${epoch?.state ?? 'not listed'}`,
        'See the epochs with outpost keys list; only one that is "accept" may end',
      ),
    );
  }
  const since = Date.parse(at.dates[hex(kid)]?.acceptAt ?? '');
  const isOver = at.nowMs - since >= acceptDays * dayMs;
  if (!isOver && !at.isForced) {
    return fail(
      fault(
        'keys/epoch-young',
        `Cannot end the epoch: less than ${acceptDays} days have passed since it was followed, or nobody knows`,
        'Wait; with --force every box seals anew what it still holds for it, and sticks of that time are useless',
      ),
    );
  }
  const receive = list.receive.map((each) =>
    each === epoch ? { ...each, state: 'gone' as const } : each,
  );
  return ok({ ...list, receive });
}

/** `key` signs from now on; whoever was current is `old`. */
export function addIdentity(list: KeyList, key: Uint8Array): KeyList {
  const known = list.identity
    .filter((each) => !sameBytes(each.key, key))
    .map((each) => (each.state === 'current' ? { ...each, state: 'old' as const } : each));
  return { ...list, identity: [...known, { key, state: 'current' }] };
}

/** Nothing that `key` signed counts any more; the one that signs now cannot be revoked before it is replaced. */
export function revokeIdentity(list: KeyList, key: Uint8Array): Result<KeyList, Fault> {
  const known = list.identity.find((each) => sameBytes(each.key, key));
  if (known === undefined || known.state === 'current') {
    return fail(
      fault(
        'keys/identity-state',
        `Cannot revoke an identity that is ${known?.state ?? 'not listed'}`,
        'Replace the current one first with outpost keys identity next; see them with outpost keys list',
      ),
    );
  }
  const identity = list.identity.map((each) =>
    each === known ? { ...each, state: 'revoked' as const } : each,
  );
  return ok({ ...list, identity });
}

/** Days until the current epoch is to be followed, less than 0 after; undefined where nobody noted when it began. */
export function epochLeftDays(list: KeyList, dates: EpochDates, nowMs: number): number | undefined {
  const since = currentSinceMs(list, dates);
  return since === undefined ? undefined : leftDaysUntil(since + epochDays * dayMs, nowMs);
}

/** How many days are left, the one that has begun too. */
export function leftDaysUntil(followByMs: number, nowMs: number): number {
  return Math.ceil((followByMs - nowMs) / dayMs);
}

/** Which warning so many days call for: that of the last step that is passed, 0 when none is left. */
export function warningStep(leftDays: number): (typeof warningDays)[number] | 0 | undefined {
  return leftDays <= 0 ? 0 : warningDays.filter((days) => leftDays <= days).at(-1);
}

/** The dates that a list of now carries; undefined where nobody noted when its epoch began. */
export function datesFor(
  list: KeyList,
  dates: EpochDates,
  nowMs: number,
): NonNullable<KeyList['dates']> | undefined {
  const since = currentSinceMs(list, dates);
  if (since === undefined) return undefined;
  const [issued, followBy] = [nowMs, since + epochDays * dayMs].map((ms) => isoOf(ms).slice(0, 10));
  const isDated = [issued, followBy].every((day) => /^\d{4}-\d\d-\d\d$/.test(day ?? ''));
  return isDated && issued && followBy ? { v: 1, issued, followBy } : undefined;
}

function currentSinceMs(list: KeyList, dates: EpochDates): number | undefined {
  const current = list.receive.find(({ state }) => state === 'current');
  const since = Date.parse((current && dates[hex(current.kid)]?.currentAt) ?? '');
  return Number.isFinite(since) ? since : undefined;
}

/** What the epochs of a center ask of its operators now. */
export interface EpochWarning {
  readonly code: 'EPOCH-ENDS' | 'EPOCH-OVER' | 'EPOCH-LAST';
  readonly message: string;
}

/**
 * Warnings of the day: the current epoch is to be followed in 60, 30, 7 days or should have been, and whether there is
 * one to follow it. Nothing stops when nobody acts: what no clock decides, no clock breaks.
 */
export function epochWarnings(
  list: KeyList,
  dates: EpochDates,
  nowMs: number,
): readonly EpochWarning[] {
  const leftDays = epochLeftDays(list, dates, nowMs);
  const future = list.receive.filter(({ state }) => state === 'future').length;
  const warnings: EpochWarning[] = [];
  if (leftDays !== undefined) {
    const step = warningStep(leftDays);
    if (step === 0) {
      const message = `The receiving key should have been followed ${-leftDays} day(s) ago`;
      warnings.push({ code: 'EPOCH-OVER', message });
    } else if (step !== undefined) {
      const message = `The receiving key is to be followed in ${leftDays} day(s)`;
      warnings.push({ code: 'EPOCH-ENDS', message });
    }
    if (step !== undefined && future === 0) {
      const message = 'No receiving key is listed that could follow the current one';
      warnings.push({ code: 'EPOCH-LAST', message });
    }
  }
  return warnings;
}
