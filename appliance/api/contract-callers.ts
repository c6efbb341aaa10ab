import { z } from 'zod';

/**
 * Devices that call, and what persons decide about them.
 *
 *   GET  /v1/callers   CallerList, what waits for a decision first
 *   POST /v1/callers   CallerVerdict: durable on 200 (`{}`); 400 or 503 ApiFault
 */
const callerSchema = z.object({
  aeTitle: z.string(),
  address: z.string(),
  /** The title of the box it called. */
  calledAeTitle: z.string(),
  /** `unknown` and `moved` (a known title from a new address) wait for a decision. */
  standing: z.enum(['known', 'moved', 'unknown', 'refused', 'uncertified']),
  firstAt: z.string(),
  lastAt: z.string(),
  /** Who decided and when; null where the config did, or nobody. */
  decidedBy: z.string().nullable(),
  decidedAt: z.string().nullable(),
});

export const callerListSchema = z.object({ callers: z.array(callerSchema) });

/** A person's name, as it is kept with what he or she decided. */
const personField = z
  .string()
  .trim()
  .min(2, 'must be the name of a person')
  .max(64)
  .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, 'must be one line of plain text');

export const callerVerdictSchema = z.strictObject({
  aeTitle: z.string().regex(/^[\x20-\x5b\x5d-\x7e]{1,16}$/, 'must be an AE title'),
  address: z.union([z.ipv4(), z.ipv6()], 'must be an IP address'),
  verdict: z.enum(['accepted', 'refused']),
  by: personField,
});

export type ShownCaller = z.infer<typeof callerSchema>;
export type CallerList = z.infer<typeof callerListSchema>;
export type CallerVerdict = z.infer<typeof callerVerdictSchema>;
