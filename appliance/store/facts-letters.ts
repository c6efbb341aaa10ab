import { z } from 'zod';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const uid = z.string().max(80);
const atMs = z.number();
/** The signer of a pack from the center (identity key) and the uid that it used up for it. */
const usedUid = { signer: digest, uid: z.string().regex(/^[0-9a-f]{32}$/) };

const sealedSchema = z.strictObject({
  fact: z.literal('sealed'),
  atMs,
  packId: digest,
  kind: z.enum(['data', 'manifest', 'receipt', 'control']),
  /** Root public key of the center it was sealed to. */
  center: digest,
  /** Id of the receiving key that it was sealed to; absent in older facts. */
  kid: z
    .string()
    .regex(/^[0-9a-f]{16}$/)
    .optional(),
  /** Null for a pack that belongs to no study of the box. */
  study: uid.nullable(),
  class: z.literal([0, 1, 2, 3]),
  group: z.string().regex(/^[0-9a-f]{32}$/),
  sizeBytes: z.int().positive(),
  /** Data: sopInstanceUid, datasetSha256, from, to (bytes of the stored Part 10 object). */
  pieces: z.array(z.tuple([uid, digest, z.int(), z.int()])).optional(),
  /** Manifest: its version, and the instances it lists (sopInstanceUid, datasetSha256), or null. */
  manifest: z
    .strictObject({
      version: z.int().positive(),
      list: z.array(z.tuple([uid, digest])).nullable(),
      /** The order that travels with it: its id and revision. */
      order: z.tuple([z.string(), z.int()]).optional(),
      /** It offers the study again to a center that was put back from a backup. */
      again: z.literal(true).optional(),
    })
    .optional(),
  /** Receipt: the report pack it answers. */
  answers: digest.optional(),
  /** Control `addressee`: its study and version. */
  addressee: z.tuple([uid, z.int().positive()]).optional(),
});

/** What happened to letters and to the instances that they carry. */
export const letterFacts = [
  sealedSchema,
  /** The relay's signed receipt for a pack verified. */
  z.strictObject({ fact: z.literal('custody'), atMs, packId: digest, relay: z.string() }),
  /** A sealed pack is lost before custody; what it held is sealed anew. */
  z.strictObject({ fact: z.literal('dropped'), atMs, packId: digest, reason: z.string() }),
  /** Two objects claim one SOP Instance UID: the first goes on, the other is held. */
  z.strictObject({
    fact: z.literal('held'),
    atMs,
    sopInstanceUid: uid,
    kept: digest,
    held: digest,
  }),
  /** What the held object is: the same in another encoding, of another patient or study, or another object. */
  z.strictObject({
    fact: z.literal('compared'),
    atMs,
    sopInstanceUid: uid,
    kept: digest,
    held: digest,
    kind: z.enum(['resend', 'identity', 'conflict']),
  }),
  /** A stored object no longer reads as it was written. */
  z.strictObject({
    fact: z.literal('damaged'),
    atMs,
    sopInstanceUid: uid,
    datasetSha256: digest,
    segment: z.string(),
    recordOffset: z.int().nonnegative(),
  }),
  /** A pack from the center passed all checks; its uid is used up for its signer. */
  z.strictObject({
    fact: z.literal('opened'),
    atMs,
    packId: digest,
    ...usedUid,
    kind: z.string(),
  }),
  /** The center's delivery receipt counts: original digest, delivered digest, destination, transforms. */
  z.strictObject({
    fact: z.literal('delivered'),
    atMs,
    packId: digest,
    study: uid,
    manifest: digest,
    instances: z.array(z.tuple([digest, digest, z.string(), z.array(z.string())])),
  }),
  /** A report is stored; `refusal` says why its text must not be shown. A later fact of the pack may lift it. */
  z.strictObject({
    fact: z.literal('report'),
    atMs,
    packId: digest,
    center: digest,
    study: uid,
    report: z.string(),
    version: z.int().positive(),
    status: z.enum(['preliminary', 'final', 'amended', 'withdrawn']),
    manifest: digest,
    author: z.strictObject({ name: z.string(), registerNo: z.string() }),
    signedOffAt: z.string(),
    /** Content type, SHA-256 (the file's name in `reports/`) and length of each document. */
    documents: z.array(z.tuple([z.string(), digest, z.int().nonnegative()])),
    /** SHA-256 of the whole payload: what the receipt names. */
    digest,
    supersedes: digest.nullable(),
    refusal: z.strictObject({ kind: z.string(), message: z.string() }).nullable(),
    /** What somebody must hear of at once, in the reader's words; absent in most. */
    critical: z.strictObject({ code: z.string(), text: z.string() }).optional(),
    /** Whose it says it is; kept only where the study is not on this box, which knows no better. */
    patient: z.strictObject({ id: z.string(), birth: z.string(), sex: z.string() }).optional(),
  }),
  /** The newest version of a control register of the center. */
  z.strictObject({
    fact: z.literal('register'),
    atMs,
    packId: digest,
    register: z.string(),
    version: z.int(),
    body: z.string(),
  }),
  /**
   * What arrived failed a check; its bytes are in `quarantine/`. `opened`: it could be opened, and what it says is
   * refused. In one line, since a power cut between two would leave a letter that is known and shown to nobody.
   */
  z.strictObject({
    fact: z.literal('quarantined'),
    atMs,
    packId: digest,
    check: z.int(),
    reason: z.string(),
    opened: z.strictObject(usedUid).optional(),
  }),
] as const;
