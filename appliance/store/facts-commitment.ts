import { z } from 'zod';

const uid = z.string().max(64);
const atMs = z.number();
const aeTitle = z.string().max(16);

/** What devices asked this box to take on for good, and what they were told (storage commitment, PS3.4 J). */
export const commitmentFacts = [
  /** A device asked about these images; asked again under the same Transaction UID, it is answered again. */
  z.strictObject({
    fact: z.literal('commitment'),
    atMs,
    transactionUid: uid,
    callingAeTitle: aeTitle,
    calledAeTitle: aeTitle,
    address: z.string().max(64),
    /** SOP Class UID and SOP Instance UID of each image. */
    references: z.array(z.tuple([uid, uid])).min(1),
  }),
  /** The device has the answer, or it was given up: it did not take it for so long. */
  z.strictObject({
    fact: z.literal('commitment-answered'),
    atMs,
    transactionUid: uid,
    callingAeTitle: aeTitle,
    outcome: z.enum(['told', 'given-up']),
    committed: z.int().nonnegative(),
    failed: z.int().nonnegative(),
  }),
] as const;
