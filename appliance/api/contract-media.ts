import { z } from 'zod';

/**
 * Files and media, and whose a study is; on the same socket as `contract.ts`.
 *
 *   GET  /v1/imports                       Imports: what the hot folder did and what it set aside
 *   GET  /v1/unassigned                    UnassignedList: studies that need a person to say whose they are, and
 *                                          outside studies, sent or not
 *   POST /v1/studies/:study/assign         AssignRequest: whose it is; 200 Done, else ApiFault (404, 409, 400)
 *   POST /v1/studies/:study/release        ReleaseRequest: send this outside study; 200 Done, else ApiFault
 */
const oneLine = (most: number) =>
  z
    .string()
    .trim()
    .max(most)
    .regex(/^[^\p{Cc}\p{Cf}\\]*$/u, 'has a character that does not belong there');

const by = oneLine(64).min(1);

export const assignRequestSchema = z.strictObject({
  /** The person who says so. */
  by,
  patientId: oneLine(64).min(1),
  issuerOfPatientId: oneLine(64).optional(),
  /** As in the images: family name, `^`, given name. Needed when nobody here has the Patient ID. */
  patientName: oneLine(200).optional(),
  patientBirthDate: z
    .string()
    .regex(/^\d{8}$/)
    .optional(),
  patientSex: z.enum(['M', 'F', 'O']).optional(),
  /** An outside study is sent, too. */
  isReleased: z.boolean().default(false),
});

export const releaseRequestSchema = z.strictObject({ by });

export const doneSchema = z.object({ done: z.literal(true) });

export const importsSchema = z.object({
  /** False: the config names no import folder. */
  isOn: z.boolean(),
  /** Since the start of the program. */
  takenFiles: z.number(),
  rejectedFiles: z.number(),
  waitingFiles: z.number(),
  lastAt: z.string().nullable(),
  /** What lies in `rejected/` now; at most 200 of them are named, newest first. */
  rejected: z.object({
    count: z.number(),
    newest: z.array(z.object({ name: z.string(), reason: z.string(), at: z.string() })),
  }),
});

export const unassignedListSchema = z.object({
  studies: z.array(
    z.object({
      studyInstanceUid: z.string(),
      kind: z.enum(['needs identity', 'outside']),
      patientId: z.string(),
      patientName: z.string(),
      patientBirthDate: z.string(),
      studyDescription: z.string(),
      modality: z.string(),
      takenAt: z.string(),
      arrivedAt: z.string(),
      callingAeTitle: z.string(),
      instanceCount: z.number(),
      /** Who said whose it is, and when. */
      assigned: z.object({ by: z.string(), at: z.string() }).nullable(),
      /** When a person asked that it is sent. */
      releasedAt: z.string().nullable(),
    }),
  ),
});

export type AssignRequest = z.infer<typeof assignRequestSchema>;
export type Imports = z.infer<typeof importsSchema>;
export type UnassignedList = z.infer<typeof unassignedListSchema>;
