import { concat } from '#sync/core/bytes.ts';
import { ok, type Result } from '#sync/core/result.ts';
import type {
  StatusFault,
  StorageScpPorts,
  StoreArrival,
  StoreSink,
  StoreStatus,
} from '#sync/dimse/storage.ts';

/** One instance that arrived whole. */
export interface StoredInMemory extends StoreArrival {
  readonly dataset: Uint8Array;
}

/** Ports of a storage SCP that keep everything in memory; single answers can be replaced. */
export interface MemoryStore {
  readonly ports: StorageScpPorts;
  readonly stored: readonly StoredInMemory[];
  /** Sinks that were begun and neither finished nor aborted. */
  openSinks(): number;
  /** Sinks that were aborted. */
  abortedSinks(): number;
}

export function createMemoryStore(
  overrides: Partial<StorageScpPorts> & {
    readonly finish?: (stored: StoredInMemory) => Promise<StoreStatus>;
    /** Answers of `write`; default: always more. */
    readonly write?: (bytes: Uint8Array) => boolean;
    readonly drained?: () => Promise<void>;
  } = {},
): MemoryStore {
  const stored: StoredInMemory[] = [];
  let open = 0;
  let aborted = 0;
  const begin = async (arrival: StoreArrival): Promise<Result<StoreSink, StatusFault>> => {
    const parts: Uint8Array[] = [];
    open++;
    return ok({
      write(bytes) {
        parts.push(Uint8Array.from(bytes));
        return overrides.write?.(bytes) ?? true;
      },
      drained: overrides.drained ?? (() => Promise.resolve()),
      async finish() {
        open--;
        const instance = { ...arrival, dataset: concat(...parts) };
        const outcome = (await overrides.finish?.(instance)) ?? { status: 0 };
        if (outcome.status === 0) stored.push(instance);
        return outcome;
      },
      abort() {
        open--;
        aborted++;
      },
    });
  };
  return {
    ports: {
      admit: overrides.admit ?? (() => 'accept'),
      begin: overrides.begin ?? begin,
    },
    stored,
    openSinks: () => open,
    abortedSinks: () => aborted,
  };
}
