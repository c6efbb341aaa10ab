import { type Ledger, usedIn, withCounted } from './budget.ts';
import type { Memory } from './memory.ts';

/** Counts bytes against a budget, so that a kill at any time never lets more cross than was counted. */
export interface LedgerKeeper {
  usedBytes(period: string): number;
  /**
   * Counts `bytes` now. Resolves when the journal covers them: it is ahead of the count by up to `leaseBytes`, which a
   * kill adds to the count for good and an orderly end does not. Rejects with the system's error of the journal.
   */
  count(period: string, bytes: number): Promise<void>;
  /** Puts the bare count into the memory, which the caller saves; nothing is counted behind it. */
  settle(): void;
}

/** What a kill may count too much; the next one is written when half of it is left. */
export const leaseBytes = 2 * 1024 * 1024;

export function createLedger(memory: Memory): LedgerKeeper {
  let ledger: Ledger = memory.journalEntry().budget ?? {};
  /** What the journal holds for certain. */
  let covered = ledger;
  let writing: Promise<void> | undefined;

  function missing(period: string): number {
    return usedIn(ledger, period) - usedIn(covered, period);
  }

  async function cover(period: string): Promise<void> {
    const ahead = withCounted(ledger, period, leaseBytes);
    memory.remember((entry) => ({ ...entry, budget: ahead }));
    try {
      await memory.save();
      covered = ahead;
    } finally {
      writing = undefined;
    }
  }

  return {
    usedBytes: (period) => usedIn(ledger, period),
    async count(period, bytes) {
      ledger = withCounted(ledger, period, bytes);
      while (missing(period) > -leaseBytes / 2) {
        writing ??= cover(period);
        if (missing(period) <= 0) {
          writing.catch(() => undefined);
          return;
        }
        await writing;
      }
    },
    settle() {
      memory.remember((entry) => ({ ...entry, budget: ledger }));
    },
  };
}
