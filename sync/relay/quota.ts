import type { Clock } from '../core/clock.ts';
import { isoOf } from '../core/clock.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { type RelayFault, relayFault, storageFault } from './fault.ts';
import type { Caller, RelayIndex } from './ports.ts';

/** Bytes that each handle may bring in a day of the relay's clock (UTC). */
export interface Quota {
  /** Today, YYYY-MM-DD. */
  today(): string;
  /** Counts `sizeBytes` new bytes, or refuses with the time until the next day. */
  spend(caller: Caller, bytesPerDay: number, sizeBytes: number): Promise<Result<void, RelayFault>>;
  /** Of what was spent, `sizeBytes` were not kept after all. */
  giveBack(caller: Caller, sizeBytes: number): void;
}

/** Counts in memory, unfinished packs included; starts from the packs that `index` recorded today. */
export function createQuota(index: Pick<RelayIndex, 'spent'>, clock: Clock): Quota {
  const spentOn = { day: '', bytes: new Map<string, number>() };
  const today = (): string => isoOf(clock.nowMs()).slice(0, 10);

  /** The map of today, in which the caller has an entry. */
  async function entryOf(caller: Caller): Promise<Result<Map<string, number>, RelayFault>> {
    for (;;) {
      if (today() !== spentOn.day) Object.assign(spentOn, { day: today(), bytes: new Map() });
      const { day, bytes } = spentOn;
      if (bytes.has(nameOf(caller))) return ok(bytes);
      const recorded = await index.spent(caller, day);
      if (!recorded.ok) return fail(storageFault(recorded.fault));
      // Another request may have looked it up, and counted, meanwhile; or the day is over.
      if (day === today() && !bytes.has(nameOf(caller))) bytes.set(nameOf(caller), recorded.value);
    }
  }

  return {
    today,
    async spend(caller, bytesPerDay, sizeBytes) {
      const entry = await entryOf(caller);
      if (!entry.ok) return entry;
      const total = (entry.value.get(nameOf(caller)) ?? 0) + sizeBytes;
      if (total > bytesPerDay) {
        const message = 'Cannot take more today: the quota of the day is spent';
        return fail(
          relayFault('relay/day-spent', message, { retryAfterS: untilMidnightS(), retry: 'later' }),
        );
      }
      entry.value.set(nameOf(caller), total);
      return ok(undefined);
    },
    giveBack(caller, sizeBytes) {
      const spent = spentOn.bytes.get(nameOf(caller));
      if (spent !== undefined) spentOn.bytes.set(nameOf(caller), Math.max(0, spent - sizeBytes));
    },
  };

  /** At most an hour: the quota may be raised meanwhile. */
  function untilMidnightS(): number {
    const dayMs = 24 * 3_600_000;
    return Math.min(3_600, Math.ceil((dayMs - (clock.nowMs() % dayMs)) / 1000));
  }
}

function nameOf({ center, handle }: Caller): string {
  return `${center}.${handle}`;
}
