import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import { ok, type Result } from '#sync/core/result.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { FactLog } from '../ports-facts.ts';
import type { StoreFault } from '../ports-store.ts';
import type { BoxFact } from '../store/facts.ts';

/** Writes facts where they last: the log first, the catalog behind it. */
export interface Recorder {
  /**
   * Durable in the log on `ok`, and applied to the catalog. A full disk before the log is a fault and nothing
   * happened; after it the call waits until the catalog takes them, since the next decision is read from there.
   */
  record(facts: readonly BoxFact[]): Promise<Result<void, StoreFault>>;
}

const retryMs = 2_000;

export function createRecorder(
  ports: {
    readonly facts: Pick<FactLog, 'append'>;
    readonly catalog: Pick<Catalog, 'apply'>;
    readonly clock: Clock;
    readonly log: Log;
    /** The database or the disk answered with an error that only a new start can mend. */
    readonly onBroken: (message: string) => void;
    /** A register of the center is in the catalog. */
    readonly onRegister?: () => Promise<void>;
  },
  signal: AbortSignal,
): Recorder {
  let last: Promise<unknown> = Promise.resolve();

  async function write(facts: readonly BoxFact[]): Promise<Result<void, StoreFault>> {
    const appended = await ports.facts.append(facts);
    if (!appended.ok) {
      if (appended.fault.kind === 'store/io') ports.onBroken(appended.fault.message);
      return appended;
    }
    for (;;) {
      const applied = await ports.catalog.apply(facts, appended.value);
      if (applied.ok && facts.some(({ fact }) => fact === 'register')) await ports.onRegister?.();
      if (applied.ok || signal.aborted) return ok(undefined);
      ports.log.error('appliance/catalog-refuses', { kind: applied.fault.kind });
      if (applied.fault.kind !== 'database/full' && applied.fault.kind !== 'database/busy') {
        ports.onBroken(applied.fault.message);
        return ok(undefined);
      }
      await ports.clock.wait(retryMs, signal);
    }
  }

  return {
    record: (facts) => {
      // One at a time: the place in the log must grow in the order in which the catalog hears of it.
      const mine = last.then(() => write(facts));
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}
