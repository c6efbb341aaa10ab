import { z } from 'zod';

/** To which center studies go, where a box has several. */
export const centerFacts = [
  /**
   * A person's word: from now on the study is sealed to this center (its root public key) and to no other, and only its
   * receipts and reports count. What was sealed to another one is dropped, delivered or not.
   */
  z.strictObject({
    fact: z.literal('addressed'),
    atMs: z.number(),
    study: z.string().max(80),
    center: z.string().regex(/^[0-9a-f]{64}$/),
    by: z.string().min(1).max(64),
    reason: z.string().max(500),
  }),
  /**
   * The key list number `list` of a center names its ledger id. Another one than before: the center was put back from a
   * backup, and what it signed for under lower lists is to be confirmed again.
   */
  z.strictObject({
    fact: z.literal('ledger'),
    atMs: z.number(),
    center: z.string().regex(/^[0-9a-f]{64}$/),
    ledger: z.string().regex(/^[0-9a-f]{32}$/),
    list: z.int().positive(),
  }),
] as const;
