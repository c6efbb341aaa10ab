import { z } from 'zod';
import { peerSchema } from './peer.ts';

/** Longest base64url of a request: 64 KiB. */
const requestTextLength = 87_382;

/**
 * `spool/out/enrol.json`: pairings for which the agent asks at the relays without a session. The clinical zone writes
 * it from the records of pairing; a pairing leaves it with its card.
 */
export const enrolmentSchema = z.strictObject({
  format: z.literal(1),
  asks: z
    .array(
      z.strictObject({
        /** 16 bytes in hex; public. */
        ticket: z.string().regex(/^[0-9a-f]{32}$/, 'must be 16 bytes in hex'),
        /** The request of the box, a sealed pack in base64url; absent once it was granted. */
        request: z
          .string()
          .max(requestTextLength)
          .regex(/^[A-Za-z0-9_-]+$/)
          .exactOptional(),
        relays: peerSchema.shape.relays,
      }),
    )
    .max(16),
});

export type Enrolment = z.infer<typeof enrolmentSchema>;
export type EnrolmentAsk = Enrolment['asks'][number];
