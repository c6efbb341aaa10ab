import { z } from 'zod';

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const uid = z.string().max(80);
const atMs = z.number();
/** The named person who decided, and why; as they were typed. */
const by = z.string().min(1).max(64);
const reason = z.string().max(500);
/** sopInstanceUid, datasetSha256 of each instance. */
const keys = z.array(z.tuple([uid, digest])).min(1);

/** What is kept of a study and of each of its instances when their bytes go. */
const tombstones = {
  study: z.strictObject({
    studyInstanceUid: uid,
    isIdentified: z.boolean(),
    isStat: z.boolean(),
    patientId: z.string(),
    issuerOfPatientId: z.string(),
    patientName: z.string(),
    patientBirthDate: z.string(),
    patientSex: z.string(),
    accessionNumber: z.string(),
    studyDescription: z.string(),
    studyDate: z.string(),
    studyTime: z.string(),
    callingAeTitle: z.string(),
    firstArrivedAtMs: z.number(),
    lastArrivedAtMs: z.number(),
  }),
  series: z.array(
    z.strictObject({
      seriesInstanceUid: uid,
      modality: z.string(),
      seriesDescription: z.string(),
      bodyPartExamined: z.string(),
    }),
  ),
  instances: z
    .array(
      z.strictObject({
        sopInstanceUid: uid,
        datasetSha256: digest,
        seriesInstanceUid: uid,
        sopClassUid: uid,
        transferSyntaxUid: uid,
        instanceNumber: z.string(),
        arrivedAtMs: z.number(),
        payloadSizeBytes: z.int().nonnegative(),
        fileHeaderSizeBytes: z.int().nonnegative(),
        /** Segment and byte offset of each record that holds it: these bytes are dead from now on. */
        places: z.array(z.tuple([z.string(), z.int().nonnegative()])).min(1),
        /** The center's delivery receipt that permits it; null when two people discarded it. */
        receipt: z
          .strictObject({ packId: digest, atMs: z.number(), destination: z.string() })
          .nullable(),
      }),
    )
    .min(1),
};

export type Tombstones = {
  readonly [K in keyof typeof tombstones]: z.infer<(typeof tombstones)[K]>;
};

/** What people decided about stored instances, and what became of their bytes. */
export const housekeepingFacts = [
  /** A pinned study is not purged, however old it is. */
  z.strictObject({ fact: z.literal('pin'), atMs, study: uid, isPinned: z.boolean(), by, reason }),
  /** The archive of record, a third party, has these instances of the study; a person says so. */
  z.strictObject({ fact: z.literal('archived'), atMs, study: uid, instances: keys, by }),
  /** Taken out of sealing and sending by a supervisor, and still kept. */
  z.strictObject({ fact: z.literal('rejected'), atMs, study: uid, instances: keys, by, reason }),
  /** Taken back: they are sealed and sent as if nothing had been. */
  z.strictObject({ fact: z.literal('restored'), atMs, study: uid, instances: keys, by, reason }),
  /** The first of two people wants the rejected instances of a study gone for good. */
  z.strictObject({ fact: z.literal('discard-asked'), atMs, study: uid, by, reason }),
  /** The second of two people agreed: rejected instances are gone for good. */
  z.strictObject({ fact: z.literal('discarded'), atMs, by, askedBy: by, reason, ...tombstones }),
  /** What a supervisor decided about a second object under a SOP Instance UID. */
  z.strictObject({
    fact: z.literal('decided'),
    atMs,
    sopInstanceUid: uid,
    held: digest,
    decision: z.enum(['keep-first', 'send-second']),
    by,
    reason,
  }),
  /** Delivered, old enough, not pinned, and the archive of record agrees: the bytes may go. */
  z.strictObject({ fact: z.literal('purged'), atMs, ...tombstones }),
  /** Nothing in the segment is needed any more, or it is durable elsewhere; its file goes. */
  z.strictObject({ fact: z.literal('reclaimed'), atMs, segment: z.string() }),
  /** The tombstones of a study are a year old and go. */
  z.strictObject({ fact: z.literal('forgotten'), atMs, study: uid }),
] as const;
