import type { Clock } from '#sync/core/clock.ts';
import type { InstanceStore } from '../ports.ts';

/** How full the disk is, as last seen; asked at every association, so it never waits. */
export interface DiskWatch {
  isFull(): boolean;
  usedPercent(): number;
  /** The store found no room: full until the next look says otherwise. */
  found(): void;
  /** Looks every few seconds until `signal`; `onChange` when full turns into not full, or back. */
  run(signal: AbortSignal, onChange: () => void): Promise<void>;
}

const everyMs = 2_000;

export function createDiskWatch(
  store: Pick<InstanceStore, 'space'>,
  clock: Pick<Clock, 'wait'>,
): DiskWatch {
  let isFull = false;
  let usedPercent = 0;

  async function look(): Promise<void> {
    const space = await store.space();
    isFull = space.isFull;
    const used = 1 - space.freeBytes / Math.max(1, space.totalBytes);
    usedPercent = Math.round(1_000 * Math.min(1, Math.max(0, used))) / 10;
  }

  return {
    isFull: () => isFull,
    usedPercent: () => usedPercent,
    found: () => {
      isFull = true;
    },
    run: async (signal, onChange) => {
      while (!signal.aborted) {
        const before = isFull;
        // A disk that cannot be asked is as bad as a full one.
        await look().catch(() => {
          isFull = true;
        });
        if (before !== isFull) onChange();
        await clock.wait(everyMs, signal);
      }
    },
  };
}
