import { type Order, orderSchema } from '../wire/order.ts';
import type { OutgoingRow } from './rows.ts';

/**
 * The sending order of what is sealed: critical reports, then all else, each in the order it was sealed. `wake` rises
 * whenever something new is listed, so the agent tries at once.
 */
export function orderOf(rows: readonly OutgoingRow[], before: Order | undefined): Order {
  const waiting = rows.filter(({ state }) => state === 'sealed');
  const packs = waiting
    .toSorted((a, b) => a.class - b.class)
    .map(({ packId, class: sendingClass, group, sizeBytes }) => ({
      packId,
      class: sendingClass,
      group,
      sizeBytes,
    }));
  const known = new Set<string>(before?.packs.map(({ packId }) => packId));
  const hasNew = packs.some(({ packId }) => !known.has(packId));
  const wake = (before?.wake ?? 0) + Number(hasNew);
  return orderSchema.parse({ format: 1, wake, packs });
}
