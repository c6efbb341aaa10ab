import { z } from 'zod';
import { studyPriorities } from '../store/facts-priority.ts';
import { instanceStates } from '../store/instance-states.ts';

/**
 * The part of the local API where a named person decides about a stored study:
 *
 *   GET  /v1/studies/:studyInstanceUid/instances?after=KEY&limit=N   StudyInstances
 *   POST /v1/studies/:studyInstanceUid/deeds                         Deed in, DeedDone out; 404, 409, 503 ApiFault
 *
 * The name and the reason are kept for good. Whoever may write to the socket may send any name: the box has no staff
 * list yet, so two names are as good as the people who have the socket.
 */
const person = {
  by: z.string().trim().min(1).max(64),
  reason: z.string().trim().min(1).max(500),
};
const uid = z.string().min(1).max(64);

export const deedSchema = z.discriminatedUnion('deed', [
  z.strictObject({ deed: z.literal('pin'), ...person }),
  z.strictObject({ deed: z.literal('unpin'), ...person }),
  /** How soon it travels; null: as rules and the order say. */
  z.strictObject({
    deed: z.literal('priority'),
    priority: z.enum(studyPriorities).nullable(),
    ...person,
  }),
  /** To another center, by its code or name: it is sealed anew, and only that center's receipts and reports count. */
  z.strictObject({
    deed: z.literal('address'),
    center: z.string().trim().min(1).max(64),
    ...person,
  }),
  /** What its center did not confirm is sealed anew and sent once more. */
  z.strictObject({ deed: z.literal('resend'), ...person }),
  /** The archive of record, a third party, has every image that is here now. */
  z.strictObject({ deed: z.literal('archived'), ...person }),
  /** All that is not delivered, or the instances named. */
  z.strictObject({
    deed: z.literal('reject'),
    sopInstanceUids: z.array(uid).min(1).max(5_000).optional(),
    ...person,
  }),
  z.strictObject({ deed: z.literal('restore'), ...person }),
  /** Asked by one person, done when another one says it too. */
  z.strictObject({ deed: z.literal('discard'), ...person }),
  z.strictObject({
    deed: z.literal('decide'),
    sopInstanceUid: uid,
    /** Which one, when several wait under the UID. */
    datasetSha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    verdict: z.enum(['keep-first', 'send-second', 'reject-second']),
    ...person,
  }),
]);
export type Deed = z.infer<typeof deedSchema>;

export const deedDoneSchema = z.object({
  did: z.enum([
    'pinned',
    'unpinned',
    'archived',
    'rejected',
    'restored',
    'asked',
    'discarded',
    'decided',
    'prioritised',
    'resending',
    'addressed',
  ]),
  instances: z.number(),
  /** Images among them that the relay has already: they cannot be called back. */
  alreadyOut: z.number(),
});
export type DeedDone = z.infer<typeof deedDoneSchema>;

export const studyInstancesSchema = z.object({
  isPinned: z.boolean(),
  /** Who asked for the end of what is rejected; a second person has to agree. */
  discardAskedBy: z.string().nullable(),
  instances: z.array(
    z.object({
      sopInstanceUid: z.string(),
      datasetSha256: z.string(),
      state: z.enum(instanceStates),
      isOut: z.boolean(),
    }),
  ),
  /** Ask again with `after` = this for the next page; null behind the last one. */
  next: z.string().nullable(),
});
export type StudyInstances = z.infer<typeof studyInstancesSchema>;
