import { z } from 'zod';
import { instanceStates } from '../store/instance-states.ts';
import { prioritySchema, sendingSchema, turnSchema } from './contract-sending.ts';

/**
 * The local API between the appliance and the screen: JSON over HTTP on a Unix socket, version prefix `/v1`.
 *
 *   GET /v1/status                        Status
 *   GET /v1/studies?after=R&waitS=N       StudyList; with `after`, waits up to N (25) seconds for a revision above R
 *   GET /v1/studies/:studyInstanceUid     StudyDetail, or 404 ApiFault
 *   GET /v1/reports/:reportId/document    the shown document of a report as bytes (its own content type)
 *   GET /v1/instances?after=KEY&limit=N   InstanceList: a page of digests of all that is stored, for verification
 */
export const studyStates = [
  'receiving',
  'waiting',
  'sending',
  'at center',
  'delivered',
  'report ready',
  'read back',
  'needs help',
  'set aside',
  /** From a medium: not sent until a person asks for it. */
  'outside',
] as const;
export type StudyState = (typeof studyStates)[number];

/** An expected failure as the screen shows it: what happened, what to do, a code for support. */
export const apiFaultSchema = z.object({ code: z.string(), message: z.string(), next: z.string() });

const alertSchema = z.object({
  /** Code for support, e.g. `DISK-FULL`. */
  code: z.string(),
  /** One sentence in English; `tui/words` may have a better one for the code. */
  message: z.string(),
  next: z.string(),
  studyInstanceUid: z.string().optional(),
});

export const statusSchema = z.object({
  siteName: z.string(),
  boxName: z.string(),
  version: z.string(),
  nowAt: z.string(),
  zones: z.enum(['enforced', 'off']),
  link: z.object({
    state: z.enum(['unknown', 'up', 'down']),
    rateBytesPerS: z.number(),
    lastContactAt: z.string().nullable(),
  }),
  disk: z.object({ usedPercent: z.number(), isFull: z.boolean() }),
  pairing: z.object({
    /** State of the box side of pairing; patient packs leave only when `linked` or `active`. */
    state: z.string(),
    centerName: z.string().nullable(),
    /** Pairings whose words are not compared yet, with the four words to read to the center. */
    waiting: z.array(z.object({ center: z.string(), words: z.array(z.string()) })).optional(),
  }),
  counts: z.object({
    studies: z.number(),
    instances: z.number(),
    needHelp: z.number(),
    /** Instances that exist only here: not yet delivered. */
    onlyHere: z.number(),
    unknownCallers: z.number(),
    /** Orders that wait for their study. */
    worklist: z.number().optional(),
  }),
  /** Where studies may go, where there are several; the code is what configs and commands name a center by. */
  centers: z
    .array(z.object({ code: z.string(), name: z.string(), isOpen: z.boolean() }))
    .optional(),
  /** What waits to be sent, and what the link allows now. */
  sending: sendingSchema.optional(),
  /** Local destinations that the rules of forwarding name. */
  forwarding: z
    .array(
      z.object({
        destination: z.string(),
        /** When the oldest image came that waits for it; null when none does. */
        waitingSinceAt: z.string().nullable(),
        /** Why the last attempt failed; null when all is well. */
        trouble: z.string().nullable(),
      }),
    )
    .optional(),
  alerts: z.array(alertSchema),
});

const studyRowSchema = z.object({
  studyInstanceUid: z.string(),
  /** It is not on this box: a report names it, and the report is all that is known of it. */
  isNotHere: z.boolean().optional(),
  patientName: z.string(),
  patientId: z.string(),
  patientSex: z.string(),
  patientBirthDate: z.string(),
  accessionNumber: z.string(),
  studyDescription: z.string(),
  /** One or more modalities joined by `\`, e.g. `CT` or `CT\SR`. */
  modality: z.string(),
  isStat: z.boolean(),
  /** How soon it travels, and who says so: a person, a rule of the config, the order; null: it is the usual. */
  priority: prioritySchema.optional(),
  /** The center that reads it, where the box has several. */
  center: z.object({ code: z.string(), name: z.string() }).optional(),
  /** Images of it lost something to compression. */
  isLossy: z.boolean(),
  /** Study date and time of the images as the device's wall clock, without a zone; else the arrival, UTC. */
  takenAt: z.string(),
  arrivedAt: z.string(),
  callingAeTitle: z.string(),
  seriesCount: z.number(),
  instanceCount: z.number(),
  sizeBytes: z.number(),
  state: z.enum(studyStates),
  /** Its turn while it waits or is sent. */
  turn: turnSchema.optional(),
  /** Share of the study's sealed bytes that the relay holds, 0 to 100. */
  sentPercent: z.number(),
  /** Estimate of seconds until all is at the center; null when unknown or done. */
  secondsLeft: z.number().nullable(),
  /** ISO time of the state's cause: delivery, report arrival. Null when there is none. */
  stateAt: z.string().nullable(),
  /** The report that counts names a finding that somebody must hear of at once. */
  isCritical: z.boolean().optional(),
  /** The site uses orders, and none leads to this study. */
  isUnordered: z.boolean().optional(),
  /** Its center was put back from a backup, and has not confirmed again that it has all of it. */
  isAskedAgain: z.boolean().optional(),
  /** Images that the device reports as made and that never came; only said once nothing more is coming. */
  missingCount: z.number().optional(),
  /** Why and what to do when the state is `needs help`. */
  help: apiFaultSchema.nullable(),
});

export const studyListSchema = z.object({
  /** Rises with every visible change. */
  revision: z.number(),
  /** All that is not over, the newest of what is, and what `find` asked for. */
  studies: z.array(studyRowSchema),
  /** Studies of the box that are not in the list; `find` looks among them. */
  older: z.number(),
});

const stepSchema = z.object({
  at: z.string(),
  glyph: z.enum(['ok', '..', '>>', '!!']),
  text: z.string(),
});

const reportSchema = z.object({
  reportId: z.string(),
  version: z.number(),
  status: z.enum(['preliminary', 'final', 'amended', 'withdrawn']),
  author: z.object({ name: z.string(), registerNo: z.string() }),
  signedOffAt: z.string(),
  receivedAt: z.string(),
  /** `text/plain` is shown; anything else is only exported. */
  documentType: z.string(),
  /** The text, sanitised, or null when the document is not text. */
  text: z.string().nullable(),
  /** What somebody must hear of at once, in the reader's words. */
  critical: z.string().optional(),
  /** The report was written before the newest images came. */
  isOlderThanImages: z.boolean(),
  /** Not null: do not show the text; the sentence says why (e.g. it does not fit this patient). */
  refusal: z.string().nullable(),
});

export const studyDetailSchema = studyRowSchema.extend({
  steps: z.array(stepSchema),
  reports: z.array(reportSchema),
});

export const instanceListSchema = z.object({
  instances: z.array(
    z.object({
      sopInstanceUid: z.string(),
      studyInstanceUid: z.string(),
      datasetSha256: z.string(),
      state: z.enum(instanceStates),
    }),
  ),
  /** Ask again with `after` = this for the next page; null behind the last one. */
  next: z.string().nullable(),
});

export type ApiFault = z.infer<typeof apiFaultSchema>;
export type Alert = z.infer<typeof alertSchema>;
export type Status = z.infer<typeof statusSchema>;
export type StudyRow = z.infer<typeof studyRowSchema>;
export type StudyList = z.infer<typeof studyListSchema>;
export type Step = z.infer<typeof stepSchema>;
export type Report = z.infer<typeof reportSchema>;
export type StudyDetail = z.infer<typeof studyDetailSchema>;
export type InstanceList = z.infer<typeof instanceListSchema>;
