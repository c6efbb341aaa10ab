import { z } from 'zod';

/** What persons decided about devices that call. */
export const callerFacts = [
  /** From now on this AE title is let in (or not) when it calls from this address; the newest decision counts. */
  z.strictObject({
    fact: z.literal('caller'),
    atMs: z.number(),
    aeTitle: z.string().max(16),
    address: z.string().max(64),
    verdict: z.enum(['accepted', 'refused']),
    /** The name of the person who decided. */
    by: z.string().max(64),
  }),
] as const;
