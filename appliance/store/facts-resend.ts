import { z } from 'zod';

/** What crosses the link again. */
export const resendFacts = [
  /** What the center did not confirm of a study is sealed anew, without a person. */
  z.strictObject({
    fact: z.literal('resent'),
    atMs: z.number(),
    study: z.string().max(80),
    /** Of the packs that are given up for it. */
    sizeBytes: z.int().nonnegative(),
    /** The register of the center that asked for it, and its version; null: the box found a hole. */
    asked: z.string().max(200).nullable(),
    /** Digests of what a center lacks since it was put back from a backup: these alone are sealed anew. */
    instances: z.array(z.string().regex(/^[0-9a-f]{64}$/)).optional(),
  }),
  /** A person's word: what the center did not confirm of the study is sealed anew once more, whatever the limits say. */
  z.strictObject({
    fact: z.literal('resend-said'),
    atMs: z.number(),
    study: z.string().max(80),
    by: z.string().min(1).max(64),
    reason: z.string().max(500),
  }),
] as const;
