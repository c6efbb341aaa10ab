import { hex } from '#sync/core/bytes.ts';
import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { Pairing } from '../ports-pairing.ts';
import type { KnownLedger } from '../ports-waiting.ts';
import type { BoxFact } from '../store/facts.ts';
import type { Recorder } from './recorder.ts';

export interface LedgerPorts {
  readonly catalog: Pick<Catalog, 'ledgers' | 'offers'>;
  readonly recorder: Recorder;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
}

/**
 * What the accepted key lists say of ledgers that is not known yet. A list that is not above the known one says
 * nothing.
 */
export function ledgerNews(
  centers: Pairing['centers'],
  known: ReadonlyMap<string, KnownLedger>,
): readonly Omit<Extract<BoxFact, { readonly fact: 'ledger' }>, 'fact' | 'atMs'>[] {
  return centers.flatMap(({ root, keyList: { ledger: id, list } }) => {
    const ledger = hex(id);
    const before = known.get(root);
    const isNews = before === undefined || (before.ledger !== ledger && list > before.list);
    return isNews ? [{ center: root, ledger, list }] : [];
  });
}

/**
 * Notes the ledger id of each center. One that changed says that the center was put back from a backup and may have
 * lost what it signed for: from this fact on nothing of it counts as delivered until it confirms it again, and each
 * study that is still here is offered by its list. The answer is how many centers changed.
 */
export async function ledgerTurn(
  { catalog, recorder, clock, log }: LedgerPorts,
  pairing: Pairing | undefined,
): Promise<number> {
  const known = await catalog.ledgers();
  const news = ledgerNews(pairing?.centers ?? [], known);
  if (news.length === 0) return 0;
  const atMs = clock.nowMs();
  const recorded = await recorder.record(news.map((each) => ({ fact: 'ledger', atMs, ...each })));
  if (!recorded.ok) return 0;
  const changed = news.filter(({ center }) => known.has(center));
  for (const { center, list } of changed) {
    const { offered, gone } = await catalog.offers(center);
    log.warn('appliance/center-restored', { list, offeredStudies: offered, purgedStudies: gone });
  }
  return changed.length;
}
