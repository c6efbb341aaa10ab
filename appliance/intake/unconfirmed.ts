import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { Recorder } from './recorder.ts';

export interface UnconfirmedPorts {
  readonly catalog: Pick<Catalog, 'unconfirmedPacks' | 'totals'>;
  readonly recorder: Recorder;
  readonly clock: Pick<Clock, 'nowMs' | 'monotonicMs'>;
  readonly log: Log;
}

export interface Unconfirmed {
  /** Gives up packs that got lost behind the relay's signature, so that what they held is sealed anew; how many. */
  turn(): Promise<number>;
  /** Studies that are all at the relay and that the center has not confirmed in time. */
  studies(): number;
}

/** Full re-sends of a study without a person (sync design). */
const mostResends = 2;
const everyMs = 10_000;

/**
 * A relay can sign for a pack and lose it. A study that is all in custody for `afterMs` without a receipt of the center
 * is an alarm; when receipts came meanwhile for what was sent with it or later, the center is well and the study has a
 * hole: it is sent again. While the center is silent nothing is: a dead center would cost the link everything twice.
 */
export function createUnconfirmed(ports: UnconfirmedPorts, afterMs: number): Unconfirmed {
  const sinceMs = new Map<string, number>();
  let confirmed = -1;
  let confirmedMs = Number.NEGATIVE_INFINITY;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let overdue = 0;

  async function noteReceipts(nowMs: number): Promise<void> {
    const { instances, onlyHere } = await ports.catalog.totals();
    if (confirmed >= 0 && instances - onlyHere > confirmed) confirmedMs = nowMs;
    confirmed = instances - onlyHere;
  }

  async function look(nowMs: number): Promise<number> {
    await noteReceipts(nowMs);
    const packs = await ports.catalog.unconfirmedPacks();
    const known = new Set(packs.map(({ packId }) => packId));
    for (const packId of sinceMs.keys()) if (!known.has(packId)) sinceMs.delete(packId);
    for (const packId of known) if (!sinceMs.has(packId)) sinceMs.set(packId, nowMs);
    const studies = Map.groupBy(packs, ({ study }) => study);
    const lost: string[] = [];
    overdue = 0;
    for (const own of studies.values()) {
      const youngestMs = Math.max(...own.map(({ packId }) => sinceMs.get(packId) ?? nowMs));
      if (nowMs - youngestMs < afterMs) continue;
      overdue += 1;
      const isHole = confirmedMs > youngestMs && (own[0]?.resends ?? 0) < mostResends;
      if (isHole) lost.push(...own.map(({ packId }) => packId));
    }
    if (lost.length === 0) return 0;
    ports.log.warn('appliance/sent-again', { packs: lost.length });
    const atMs = ports.clock.nowMs();
    const reason = 'signed for by the relay and never confirmed by the center';
    const recorded = await ports.recorder.record(
      lost.map((packId) => ({ fact: 'dropped', atMs, packId, reason }) as const),
    );
    return recorded.ok ? lost.length : 0;
  }

  return {
    turn: async () => {
      const nowMs = ports.clock.monotonicMs();
      if (nowMs - lookedMs < Math.min(everyMs, afterMs)) return 0;
      lookedMs = nowMs;
      return look(nowMs);
    },
    studies: () => overdue,
  };
}
