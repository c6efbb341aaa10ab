import { z } from 'zod';

/**
 * Devices that the box calls.
 *
 *   GET  /v1/modalities        ForwardList: what waits for each destination of a rule
 *   POST /v1/modalities/test   EchoRequest: EchoAnswer, or 404 ApiFault for a name the config does not have
 */
const forwardSchema = z.object({
  destination: z.string(),
  waiting: z.number(),
  forwarded: z.number(),
  /** Why the last attempt failed; null when all is well. */
  trouble: z.string().nullable(),
});
export const forwardListSchema = z.object({ forwards: z.array(forwardSchema) });

/** The name of a destination, or the AE title of a destination or caller. */
export const echoRequestSchema = z.strictObject({ name: z.string().min(1).max(40) });
export const echoAnswerSchema = z.object({
  isWell: z.boolean(),
  message: z.string(),
  next: z.string(),
});

export type ForwardList = z.infer<typeof forwardListSchema>;
export type EchoAnswer = z.infer<typeof echoAnswerSchema>;
