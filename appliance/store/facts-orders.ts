import { z } from 'zod';

const atMs = z.number();
const uid = z.string().max(64);
const orderId = z.string().regex(/^[0-9a-f]{16}$/);
const text = (max: number) => z.string().max(max);

/** Values of Requested Procedure Priority (0040,1003), the most urgent first. */
export const orderPriorities = ['STAT', 'HIGH', 'ROUTINE', 'MEDIUM', 'LOW'] as const;

/** On what ground the study may leave the clinic; `refused` keeps it on the box. */
export const consentStates = ['unknown', 'consent', 'emergency', 'contract', 'refused'] as const;

/** An order as it is now. Text is `''` when absent; names are DICOM person names (`FAMILY^GIVEN`). */
export const orderSchema = z.strictObject({
  orderId,
  /** Grows with every change. */
  revision: z.int().positive(),
  /** Where it came from, so whose `orderNumber` it is: `typed`, `file`, or the sending facility of an HL7 message. */
  source: text(80),
  /** The number of the order at its source (placer order number). */
  orderNumber: text(64),
  /** Given once; no edit changes it. */
  studyInstanceUid: uid,
  /** Given once; at most 16 characters (SH). */
  accessionNumber: text(16),
  patientId: text(64),
  issuerOfPatientId: text(64),
  patientName: text(200),
  /** YYYYMMDD or ''. */
  patientBirthDate: text(8),
  patientSex: z.enum(['', 'M', 'F', 'O']),
  /** Approximate age of an emergency patient, as AS (`045Y`), or ''. */
  patientAge: text(4),
  modality: text(16),
  /** AE title of the device that is to take the images; '' = any of the modality. */
  stationAeTitle: text(16),
  /** Wall clock of the clinic, YYYYMMDD and HHMMSS. */
  scheduledDate: text(8),
  scheduledTime: text(6),
  description: text(64),
  priority: z.enum(orderPriorities),
  referringPhysicianName: text(200),
  /** How to reach the referring clinician. */
  contact: text(200),
  indication: text(2_000),
  history: text(2_000),
  allergies: text(500),
  consent: z.enum(consentStates),
  /** The patient is a temporary one of the reserved range. */
  isEmergency: z.boolean(),
});

/** A modality performed procedure step as it is now (PS3.4 F.7), as far as the box needs it. */
export const procedureStepSchema = z.strictObject({
  sopInstanceUid: uid,
  status: z.enum(['IN PROGRESS', 'COMPLETED', 'DISCONTINUED']),
  callingAeTitle: text(16),
  /** Of its scheduled step attributes; without an order the device makes one up. */
  studyInstanceUids: z.array(uid),
  accessionNumbers: z.array(text(16)),
  patientId: text(64),
  modality: text(16),
  /** Wall clock of the device, YYYYMMDDHHMMSS or ''. */
  startedAt: text(16),
  endedAt: text(16),
  /** SOP Instance UIDs of all that the step says it made. */
  instances: z.array(uid),
});

export type Order = z.infer<typeof orderSchema>;
export type OrderPriority = Order['priority'];
export type ProcedureStep = z.infer<typeof procedureStepSchema>;

/** What was ordered and what the devices say of it. */
export const orderFacts = [
  /** An order came or was changed: the whole of it as it is now. */
  z.strictObject({ fact: z.literal('order'), atMs, order: orderSchema }),
  z.strictObject({ fact: z.literal('order-cancelled'), atMs, orderId }),
  /** A person said that a study belongs to an order that its attributes do not lead to. */
  z.strictObject({ fact: z.literal('order-bound'), atMs, study: z.string().max(80), orderId }),
  z.strictObject({ fact: z.literal('procedure-step'), atMs, step: procedureStepSchema }),
] as const;
