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
] as const;
