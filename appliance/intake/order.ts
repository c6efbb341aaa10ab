import type { Order } from '#sync/wire/order.ts';
import { parsePackId } from '#sync/wire/pack-id.ts';
import type { OpenPack } from '../ports-waiting.ts';

/** What came from a medium is routine after so long: a day's new studies must not hold it up for ever. */
export const bulkAgesMs = 24 * 3_600_000;

/**
 * `open` (in the order of sealing) as it is to be sent: by class, letters before images, then the study that waits
 * longest. Bulk that waited a day counts as routine. Urgent is what somebody calls so: after an outage of weeks
 * everything is old, and a new urgent study must still come first.
 */
export function inSendingOrder(open: readonly OpenPack[], nowMs: number): readonly OpenPack[] {
  const aged = open.map((pack) => ({ ...pack, class: agedClass(pack, nowMs) }));
  return aged.sort(
    (a, b) =>
      a.class - b.class ||
      Number(b.isLetter) - Number(a.isLetter) ||
      a.waitingSinceMs - b.waitingSinceMs ||
      compare(a.group, b.group),
  );
}

/** The class that counts now for what waits since then. */
export function agedClass(
  pack: Pick<OpenPack, 'class' | 'waitingSinceMs'>,
  nowMs: number,
): OpenPack['class'] {
  return pack.class === 3 && nowMs - pack.waitingSinceMs >= bulkAgesMs ? 2 : pack.class;
}

/** Of two studies of the same moment each stays together. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** `order.json` for the agent: the packs without custody, as they are to be sent. */
export function orderOf(open: readonly OpenPack[], wake: number): Order {
  return {
    format: 1,
    wake,
    packs: open.flatMap((pack) => {
      const packId = parsePackId(pack.packId);
      if (!packId) return [];
      return [{ packId, class: pack.class, group: pack.group, sizeBytes: pack.sizeBytes }];
    }),
  };
}
