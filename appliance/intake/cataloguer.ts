import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import { waitFor } from '#sync/core/signals.ts';
import type { Catalog, CatalogEntry } from '../ports-catalog.ts';
import type { HeldPair } from '../store/twins.ts';
import { studyKeyOf } from './identity.ts';
import type { Recorder } from './recorder.ts';

/**
 * Brings durable instances into the catalog behind the answers to the modality, strictly in order. The first one goes
 * in at once; what follows is gathered for a moment, since a commit an instance would cost the disk more than intake.
 */
export interface Cataloguer {
  /** Never blocks: success was said for the durable record, and a crash here is mended by the replay at start. */
  add(entry: CatalogEntry): void;
  /**
   * Gathers no longer; resolves when all that was added is in the catalog, when the signal has ended the work, or
   * when the database is broken: what is left comes in by the replay at the next start.
   */
  idle(): Promise<void>;
  /** Resolves when all that was added before is entered; it waits for nothing that comes later. */
  caughtUp(): Promise<void>;
}

const groupSize = 100;
/** From one group to the next, unless that one is full before. */
const gatherMs = 250;
const retryMs = 2_000;

export function createCataloguer(
  ports: {
    readonly catalog: Pick<Catalog, 'addInstances'>;
    readonly recorder: Recorder;
    readonly clock: Clock;
    readonly log: Log;
    /** After a group is in: which studies changed, each with the modality of its newest instance. */
    readonly onAdded: (studies: ReadonlyMap<string, string>) => void;
    readonly onBroken: (message: string) => void;
  },
  signal: AbortSignal,
): Cataloguer {
  const queue: CatalogEntry[] = [];
  let running: Promise<void> | undefined;
  let enteredMs = Number.NEGATIVE_INFINITY;
  let hurry = new AbortController();
  let idleCalls = 0;
  let isBroken = false;
  let added = 0;
  let entered = 0;
  let waiting: { readonly upTo: number; readonly resolve: () => void }[] = [];

  async function run(): Promise<void> {
    while (queue.length > 0 && !isBroken) {
      await gather();
      if (signal.aborted) return;
      const group = queue.slice(0, groupSize);
      // A refused group is tried again before anything behind it, so that no segment is marked as read too far.
      if (await enter(group)) {
        queue.splice(0, group.length);
        entered += group.length;
        tell((upTo) => upTo <= entered);
      } else if (!isBroken) await ports.clock.wait(retryMs, signal);
      enteredMs = ports.clock.monotonicMs();
    }
  }

  function tell(isTime: (upTo: number) => boolean): void {
    for (const { upTo, resolve } of waiting) if (isTime(upTo)) resolve();
    waiting = waiting.filter(({ upTo }) => !isTime(upTo));
  }

  async function gather(): Promise<void> {
    if (idleCalls > 0 || queue.length >= groupSize) return;
    hurry = new AbortController();
    const leftMs = enteredMs + gatherMs - ports.clock.monotonicMs();
    if (leftMs > 0) await waitFor(ports.clock, leftMs, signal, hurry.signal);
  }

  async function enter(group: readonly CatalogEntry[]): Promise<boolean> {
    const added = await ports.catalog.addInstances(group);
    if (!added.ok) {
      ports.log.error('appliance/catalog-refuses', { kind: added.fault.kind });
      const mayPass = added.fault.kind === 'database/full' || added.fault.kind === 'database/busy';
      if (!mayPass) {
        isBroken = true;
        ports.onBroken(added.fault.message);
      }
      return false;
    }
    await hold(added.value);
    const fresh = group.filter(({ isMoved }) => isMoved !== true);
    const studies = fresh.map((entry) => [studyOf(entry), entry.attributes.modality] as const);
    if (studies.length > 0) ports.onAdded(new Map(studies));
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
      added++;
      if (queue.length >= groupSize) hurry.abort();
      running ??= run().finally(() => {
        running = undefined;
        // Nothing more will be entered by this run, however it ended.
        tell(() => true);
      });
    },
    caughtUp: () =>
      running === undefined
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push({ upTo: added, resolve })),
    idle: async () => {
      idleCalls++;
      hurry.abort();
      while (running !== undefined) await running;
      idleCalls--;
    },
  };
}

function studyOf({ attributes, record }: CatalogEntry): string {
  return studyKeyOf(attributes, record.arrival.callingAeTitle).study;
}
