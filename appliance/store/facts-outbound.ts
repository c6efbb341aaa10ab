import { z } from 'zod';

/** What goes to local destinations beside the center. */
export const outboundFacts = [
  /** Rules name this destination from now on: what arrived before stays where it is. */
  z.strictObject({ fact: z.literal('forward-from'), atMs: z.number(), destination: z.string() }),
  /** The destination said success for these: sopInstanceUid, datasetSha256. */
  z.strictObject({
    fact: z.literal('forwarded'),
    atMs: z.number(),
    destination: z.string(),
    instances: z.array(z.tuple([z.string(), z.string()])).min(1),
  }),
] as const;
