import { backoffMs } from '../core/backoff.ts';
import { isoOf } from '../core/clock.ts';
import type { Result } from '../core/result.ts';
import { joinSignals } from '../core/signals.ts';
import { keyOf } from './instances.ts';
import { type Loaded, outgoingOf } from './outgoing.ts';
import { planBatch } from './plan.ts';
import type { CenterPorts } from './ports.ts';
import type { DeliveryFault } from './ports-delivery.ts';
import { DiskError } from './ports-disk.ts';
import type { DeliveryOutcome } from './ports-ledger.ts';
import type { Resends } from './resends.ts';
import type { InstanceRow } from './rows.ts';

/** How the destination answers, for the status. */
export interface DestinationState {
  readonly state: 'unknown' | 'up' | 'down';
  readonly fault: string | null;
  readonly lastStoredAt: string | null;
}

/** Rows looked at for one batch: far more than a batch, so that refused ones at its start hold up nobody. */
const lookAhead = 2_000;

type DeliverPorts = Pick<CenterPorts, 'ledger' | 'store' | 'delivery' | 'clock' | 'random' | 'log'>;

/**
 * Hands planned instances to the destination, batch by batch, for ever: only a person ends a delivery. The row says
 * `sending` before the first byte leaves; each answer is durable in the study's log before the next instance leaves,
 * and the rows say `stored` behind the batch. So a crash can repeat the one instance under way, never lose or change
 * one.
 */
export function createDelivering(
  ports: DeliverPorts,
  destination: string,
  resends: Pick<Resends, 'note'>,
) {
  const { ledger, store, delivery, clock, random, log } = ports;
  const pauses = new Map<string, number>();
  let failures = 0;
  let current: DestinationState = { state: 'unknown', fault: null, lastStoredAt: null };

  function noteDown(fault: DeliveryFault): number {
    if (current.state !== 'down') log.warn('center/destination-down', { code: fault.kind });
    current = { ...current, state: 'down', fault: textOf(fault) };
    const pauseMs = backoffMs(failures, random);
    failures += 1;
    return pauseMs;
  }

  function noteUp(storedAt: string | undefined): void {
    if (current.state !== 'up') log.info('center/destination-up');
    current = { state: 'up', fault: null, lastStoredAt: storedAt ?? current.lastStoredAt };
    failures = 0;
  }

  function stepAside(row: InstanceRow): void {
    pauses.set(keyOf(row), clock.monotonicMs() + backoffMs(row.refusals, random));
  }

  /** Finds the files of a batch; what is damaged there is not passed on as good. */
  async function load(rows: readonly InstanceRow[]): Promise<readonly Loaded[]> {
    const loaded: Loaded[] = [];
    const damaged: InstanceRow[] = [];
    for (const row of rows) {
      const found = await find(row);
      if (found === undefined) damaged.push(row);
      else loaded.push(found);
    }
    for (const row of damaged) await noteDamaged(row);
    await ledger.markSending(damaged);
    await ledger.markDelivered(damaged.map(damagedOutcome));
    return loaded;
  }

  /** One object that the disk does not give must not hold up the others: a disk that is gone shows at the next write. */
  async function find(row: InstanceRow): Promise<Loaded | undefined> {
    try {
      const object = await store.findObject(row.studyInstanceUid, row.datasetSha256);
      return object && (await outgoingOf(row, object));
    } catch (cause) {
      if (cause instanceof DiskError) return undefined;
      throw cause;
    }
  }

  async function noteDamaged(row: InstanceRow): Promise<void> {
    log.error('center/damaged', { sizeBytes: row.sizeBytes });
    stepAside(row);
    await askForAnother(row, ledger, resends);
  }

  /** Writes down each answer before the next instance leaves, so that a crash repeats one instance at most. */
  function createKeeping(loaded: readonly Loaded[]) {
    const kept = new Set<number>();
    const failed = new AbortController();
    let broken: unknown;
    return {
      failed: failed.signal,
      async keep(index: number): Promise<void> {
        const row = loaded[index]?.row;
        if (row === undefined || kept.has(index) || broken !== undefined) return;
        kept.add(index);
        const { sopInstanceUid, datasetSha256: digest, studyInstanceUid } = row;
        const at = isoOf(clock.nowMs());
        const line = { sopInstanceUid, datasetSha256: digest, destination, at };
        try {
          await store.appendDelivered(studyInstanceUid, [line]);
        } catch (cause) {
          broken = cause;
          failed.abort();
        }
      },
      throwIfFailed(): void {
        if (broken !== undefined) throw broken;
      },
    };
  }

  return {
    state: (): DestinationState => current,

    /** Hands over one batch. Returns the milliseconds to wait before the next; undefined = until something comes. */
    async turn(signal: AbortSignal): Promise<number | undefined> {
      const batch = planBatch(await ledger.planned(lookAhead), pauses, clock.monotonicMs());
      if (batch.rows.length === 0) {
        if (batch.waitUntilMs === undefined) pauses.clear();
        return batch.waitUntilMs && Math.max(1, batch.waitUntilMs - clock.monotonicMs());
      }
      const loaded = await load(batch.rows);
      if (loaded.length === 0) return 0;
      await ledger.markSending(loaded.map(({ row }) => row));
      const keeping = createKeeping(loaded);
      const { signal: stop, release } = joinSignals(signal, keeping.failed);
      const instances = loaded.map(({ instance }) => instance);
      const results = await delivery.deliver(instances, stop, keeping.keep).finally(release);
      for (const [index, result] of results.entries()) if (result.ok) await keeping.keep(index);
      keeping.throwIfFailed();
      const at = isoOf(clock.nowMs());
      const judged = judge(loaded, results, at);
      const stored = judged.outcomes.flatMap((outcome) =>
        'storedAt' in outcome ? [outcome.key] : [],
      );
      await ledger.markDelivered(judged.outcomes);
      for (const row of judged.refused) stepAside(row);
      for (const row of judged.damaged) await noteDamaged(row);
      for (const key of stored) pauses.delete(keyOf(key));
      log.info('center/delivered', {
        stored: stored.length,
        failed: loaded.length - stored.length,
      });
      if (stored.length > 0 || judged.down === undefined) {
        noteUp(stored.length > 0 ? at : undefined);
      }
      return judged.down === undefined ? 0 : noteDown(judged.down);
    },
  };
}

/** Its box has it still, since nobody signed for it. */
async function askForAnother(
  { studyInstanceUid, datasetSha256 }: InstanceRow,
  ledger: DeliverPorts['ledger'],
  resends: Pick<Resends, 'note'>,
): Promise<void> {
  const study = await ledger.findStudy(studyInstanceUid);
  if (study === undefined) return;
  await resends.note(study, {
    ...{ id: `object/${datasetSha256}`, reason: 'unreadable', packs: [] },
    instances: [datasetSha256],
  });
}

/** What each answer means, and the fault of the whole association if there was one. */
function judge(
  loaded: readonly Loaded[],
  results: readonly Result<void, DeliveryFault>[],
  storedAt: string,
): {
  readonly outcomes: readonly DeliveryOutcome[];
  readonly refused: readonly InstanceRow[];
  readonly damaged: readonly InstanceRow[];
  readonly down: DeliveryFault | undefined;
} {
  const outcomes: DeliveryOutcome[] = [];
  const refused: InstanceRow[] = [];
  const damaged: InstanceRow[] = [];
  let down: DeliveryFault | undefined;
  for (const [index, { row, isDamaged }] of loaded.entries()) {
    const result = results[index];
    if (result === undefined) throw new TypeError('A delivery gave fewer answers than instances');
    if (result.ok) {
      outcomes.push({ key: row, storedAt });
      continue;
    }
    if (isDamaged()) {
      damaged.push(row);
      outcomes.push(damagedOutcome(row));
      continue;
    }
    const isAborted = result.fault.kind === 'delivery/aborted';
    // Half an instance has no other end than an abort: behind a damaged one it says nothing of the destination.
    const isOurs = isAborted && damaged.length > 0;
    const isFirstAborted = isAborted && !isOurs && down === undefined;
    if (result.fault.kind !== 'delivery/refused' && !isOurs) down ??= result.fault;
    // The instance under way when the association broke may be what broke it: it stands behind the others next time.
    const isRefusal = result.fault.kind === 'delivery/refused' || isFirstAborted;
    if (isRefusal) refused.push(row);
    outcomes.push({ key: row, fault: textOf(result.fault), isRefusal });
  }
  return { outcomes, refused, damaged, down };
}

function damagedOutcome(row: InstanceRow): DeliveryOutcome {
  return { key: row, fault: damagedFault, isRefusal: true };
}

function textOf({ kind, message }: DeliveryFault): string {
  return `${kind}: ${message}`;
}

const damagedFault =
  'center/damaged: Cannot read an instance back: its file is missing or damaged here';
