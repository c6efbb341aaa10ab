import { z } from 'zod';
import {
  batchPacksAtMost,
  doubledAtMost,
  earlyRangesAtMost,
  idsPerRequest,
  inlineSizeBytes,
  largestPackSizeBytes,
  urgentAtMost,
} from './limits.ts';
import { packIdSchema } from './pack-id.ts';

/**
 * HTTP between agent and relay, JSON unless it says otherwise, version prefix `/v1`:
 *
 *   POST      session                       SessionRequest -> Challenge, then SessionProof -> Session
 *   PUT|PATCH packs/:id                     pack bytes -> 200 {offset} | 201 custody receipt (text of a signed file)
 *   POST      packs/batch                   several small packs (`batch.ts`) -> Batch
 *   GET       packs/:id                     pack bytes; Range
 *   POST      packs/status                  PackIds -> Status
 *   GET       mailboxes/:mb/events?after=c&wait=s   Events; waits up to `s` seconds for something behind cursor `c`
 *             the same with accept: text/event-stream   Events at once and whenever something came, each as one `data`
 *             line; a comment every 50 s; ends after an hour at the latest
 *   POST      acks                          PackIds -> {}
 *   PUT|GET   keylist, PUT access           text of a signed file
 *   POST      enrol/:ticket                 the request of a box, a pack -> 201 {packId}
 *   GET       enrol/:ticket?after=id&wait=s the grant for it, a pack other than `id`; 204 while there is none
 *   GET       time                          {nowMs}
 *
 * A piece of a pack may end up to `aheadBytes` behind the offset that the relay answers; further away is 409.
 *
 * All but `session`, `time`, `enrol` and the two PUTs of signed files need `Authorization: Bearer`. What is not the
 * caller's own answers 404, the same as what does not exist. Every answer of 400 and above is {code, message}.
 */
export const routePrefix = '/v1';

/** Media type of a PATCH that carries a piece of a pack. */
export const pieceMediaType = 'application/partial-upload';

/** Media type of several whole packs in one body. */
export const batchMediaType = 'application/outpost-packs';

/** Whole length of the pack that a PUT or PATCH belongs to. */
export const uploadLengthHeader = 'upload-length';

/** Where a PATCH starts; in answers 200 and 409, up to where the relay holds the pack. */
export const uploadOffsetHeader = 'upload-offset';

/** The longest that a relay holds an `events` request open. */
export const longestWaitS = 55;

const hex16 = z.string().regex(/^[0-9a-f]{32}$/, 'must be 16 bytes in hex');
const base64url = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .regex(/^[A-Za-z0-9_-]*$/, 'must be base64url');

/** Media type of events that are pushed (WHATWG server-sent events). */
export const eventStreamMediaType = 'text/event-stream';

/** A stream of events says something at least this often. */
export const streamPulseMs = 50_000;

/** A mailbox or session handle in a path or document: 16 bytes in lower-case hex. */
export const handleSchema = hex16;

export const sessionRequestSchema = z.strictObject({
  handle: hex16,
  challenge: base64url(64).optional(),
  /** Ed25519 by the transport key; present with `challenge`. */
  signature: base64url(96).optional(),
});
export const challengeSchema = z.object({ challenge: base64url(64) });
export const sessionSchema = z.object({
  token: base64url(64).min(1),
  expiresInS: z.number().positive(),
});

export const packIdsSchema = z.strictObject({
  packIds: z.array(packIdSchema).min(1).max(idsPerRequest),
});

/** What a relay knows of a pack that the caller brings: nothing, a part, a promise kept, or fetched by its owner. */
const packStates = ['absent', 'offset', 'custody', 'taken'] as const;

export const statusSchema = z.object({
  packs: z
    .array(
      z.object({
        packId: packIdSchema,
        state: z.literal(packStates),
        /** Bytes that the relay holds from the start without a gap; 0 when absent. */
        offset: z.int().nonnegative(),
        /** Ranges `[from, to)` behind a gap that it holds as well, for now. */
        early: z
          .array(z.tuple([z.int().nonnegative(), z.int().positive()]))
          .max(earlyRangesAtMost)
          .exactOptional(),
      }),
    )
    .max(idsPerRequest),
  /** Signed custody receipts that together name every pack in `custody` or `taken`. */
  receipts: z.array(z.string()),
});

/** What a relay says of a batch: the receipts name every pack that it keeps. */
export const batchSchema = z.object({
  /** Packs that it refuses, and why; a pack that is named nowhere did not arrive whole. */
  refused: z
    .array(z.object({ packId: packIdSchema, code: z.string().max(64) }))
    .max(batchPacksAtMost),
  receipts: z.array(z.string()).max(batchPacksAtMost),
});

export const offsetSchema = z.object({ offset: z.int().nonnegative() });

/** One pack in a mailbox. */
const letterSchema = z.object({
  packId: packIdSchema,
  sizeBytes: z.int().positive().max(largestPackSizeBytes),
  /** Class of its header, a hint: 0 and 1 are fetched before 2 and 3. */
  class: z.literal([0, 1, 2, 3]).exactOptional(),
  /** The whole pack, when it is small and urgent: a report then needs no request of its own. */
  bytes: base64url(Math.ceil((inlineSizeBytes * 4) / 3)).exactOptional(),
});

export const eventsSchema = z.object({
  /** Opaque; give it back as `after`. A relay that does not know it starts over. */
  cursor: z.string().max(64),
  /** In the order of arrival; behind a full page follow urgent ones that lie further back. */
  packs: z.array(letterSchema).max(idsPerRequest + urgentAtMost),
  /** Number of the newest key list of the caller's center. */
  keyList: z.int().nonnegative(),
  /** Of this run of the relay: another one may have been put back from a backup, with older lists. */
  run: z.string().max(64).exactOptional(),
  /** For a center: handles of boxes whose transport key two machines use. */
  doubled: z.array(hex16).max(doubledAtMost).exactOptional(),
});

export type Letter = z.infer<typeof letterSchema>;

export type Batch = z.infer<typeof batchSchema>;
export type Status = z.infer<typeof statusSchema>;
export type Events = z.infer<typeof eventsSchema>;
