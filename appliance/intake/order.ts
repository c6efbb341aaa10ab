import type { Order } from '#sync/wire/order.ts';
import { parsePackId } from '#sync/wire/pack-id.ts';
import type { OpenPack } from '../ports.ts';

/** `order.json` for the agent: the packs without custody, as they are to be sent. */
export function orderOf(open: readonly OpenPack[], wake: number): Order {
  return {
    format: 1,
    wake,
    holds: [],
    packs: open.flatMap((pack) => {
      const packId = parsePackId(pack.packId);
      if (!packId) return [];
      return [{ packId, class: pack.class, group: pack.group, sizeBytes: pack.sizeBytes }];
    }),
  };
}
