import { z } from 'zod';
import { documentSizeBytes } from './limits.ts';
import { packIdSchema } from './pack-id.ts';

/**
 * Sending class of a pack: 0 STAT study or critical report, 1 reports, receipts, control, 2 data, 3 priors and
 * re-sends.
 */
export const sendingClasses = [0, 1, 2, 3] as const;
export type SendingClass = (typeof sendingClasses)[number];

const orderedPackSchema = z.strictObject({
  packId: packIdSchema,
  class: z.literal(sendingClasses),
  /** Random, 16 bytes in hex, one a study: says "these belong together" and nothing else. */
  group: z.string().regex(/^[0-9a-f]{32}$/),
  sizeBytes: z.int().positive(),
});

/**
 * `spool/out/order.json`: the sending order, written by the clinical zone, obeyed by the agent, which knows no
 * other priority. A pack that is listed is sent in list order; one in `new/` that is not listed waits. A changed
 * `wake` means: try now, whatever the backoff says.
 */
export const orderSchema = z
  .strictObject({
    format: z.literal(1),
    wake: z.int().nonnegative(),
    packs: z.array(orderedPackSchema),
    /** Written by earlier programs, always empty: what is to wait is not listed. One that holds something is refused. */
    holds: z.array(packIdSchema).max(0).exactOptional(),
  })
  .transform(({ holds: _, ...order }) => order);

export type Order = z.infer<typeof orderSchema>;

/**
 * The text of `order.json`, never longer than the agent reads (`documentSizeBytes`, some 50,000 packs): of a longer
 * order the first packs are named, and the rest when those have left.
 */
export function orderText(order: Order): string {
  const text = JSON.stringify(order);
  if (text.length <= documentSizeBytes) return text;
  let leftBytes = documentSizeBytes - 100;
  let count = 0;
  for (const pack of order.packs) {
    leftBytes -= JSON.stringify(pack).length + 1;
    if (leftBytes < 0) break;
    count++;
  }
  return JSON.stringify({ ...order, packs: order.packs.slice(0, count) });
}
