import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import type { Catalog, CatalogEntry, HeldPair } from '../ports.ts';
import { studyKeyOf } from './identity.ts';
import type { Recorder } from './recorder.ts';

/** Brings durable instances into the catalog behind the answers to the modality, strictly in order. */
export interface Cataloguer {
  /** Never blocks: success was said for the durable record, and a crash here is mended by the replay at start. */
  add(entry: CatalogEntry): void;
  /** Resolves when all that was added is in the catalog, or the signal has ended the work. */
  idle(): Promise<void>;
}

const groupSize = 50;
const retryMs = 2_000;

export function createCataloguer(
  ports: {
    readonly catalog: Pick<Catalog, 'addInstances'>;
    readonly recorder: Recorder;
    readonly clock: Clock;
    readonly log: Log;
    /** After a group is in: which studies changed. */
    readonly onAdded: (studies: ReadonlySet<string>) => void;
    readonly onBroken: (message: string) => void;
  },
  signal: AbortSignal,
): Cataloguer {
  const queue: CatalogEntry[] = [];
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (queue.length > 0 && !signal.aborted) {
      const group = queue.slice(0, groupSize);
      // A refused group is tried again before anything behind it, so that no segment is marked as read too far.
      if (await enter(group)) queue.splice(0, group.length);
      else await ports.clock.wait(retryMs, signal);
    }
  }

  async function enter(group: readonly CatalogEntry[]): Promise<boolean> {
    const added = await ports.catalog.addInstances(group);
    if (!added.ok) {
      ports.log.error('appliance/catalog-refuses', { kind: added.fault.kind });
      const mayPass = added.fault.kind === 'database/full' || added.fault.kind === 'database/busy';
      if (!mayPass) ports.onBroken(added.fault.message);
      return false;
    }
    await hold(added.value);
    ports.onAdded(new Set(group.map(studyOf)));
    return true;
  }

  async function hold(pairs: readonly HeldPair[]): Promise<void> {
    if (pairs.length === 0) return;
    ports.log.warn('appliance/conflict', { instances: pairs.length });
    const atMs = ports.clock.nowMs();
    await ports.recorder.record(pairs.map((pair) => ({ fact: 'held', atMs, ...pair })));
  }

  return {
    add: (entry) => {
      queue.push(entry);
      running ??= run().finally(() => {
        running = undefined;
      });
    },
    idle: async () => {
      while (running !== undefined) await running;
    },
  };
}

function studyOf({ attributes, record }: CatalogEntry): string {
  return studyKeyOf(attributes, record.arrival.callingAeTitle).study;
}
