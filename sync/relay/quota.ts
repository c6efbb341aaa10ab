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
}

/** Counts in memory, unfinished packs included; starts from the packs that `index` recorded today. */
export function createQuota(index: Pick<RelayIndex, 'spent'>, clock: Clock): Quota {
  let day = '';
  let spent = new Map<string, number>();
  const today = (): string => isoOf(clock.nowMs()).slice(0, 10);

  return {
    today,
    async spend(caller, bytesPerDay, sizeBytes) {
      if (today() !== day) {
        day = today();
        spent = new Map();
      }
      const name = `${caller.center}.${caller.handle}`;
      if (!spent.has(name)) {
        const recorded = await index.spent(caller, day);
        if (!recorded.ok) return fail(storageFault(recorded.fault));
        if (!spent.has(name)) spent.set(name, recorded.value);
      }
      const total = (spent.get(name) ?? 0) + sizeBytes;
      if (total > bytesPerDay) {
        const message = 'Cannot take more today: the quota of the day is spent';
        return fail(
          relayFault('relay/day-spent', message, { retryAfterS: untilMidnightS(), retry: 'later' }),
        );
      }
      spent.set(name, total);
      return ok(undefined);
    },
  };

  /** At most an hour: the quota may be raised meanwhile. */
  function untilMidnightS(): number {
    const dayMs = 24 * 3_600_000;
    return Math.min(3_600, Math.ceil((dayMs - (clock.nowMs() % dayMs)) / 1000));
  }
}
