import { z } from 'zod';
import { consentStates, orderPriorities, orderSchema } from '../store/facts-orders.ts';

/**
 * Orders over the local API, beside `contract.ts`. What is refused answers with an ApiFault (400, 404, 409, 503).
 *
 *   GET  /v1/orders?all=1                        OrderList: what the worklist shows; with `all`, done and cancelled ones too
 *   POST /v1/orders                              OrderRequest or a list of them: PlacedOrders, all or none
 *   POST /v1/orders/:orderId                     OrderRequest: the order as it is to be; UID and accession number stay
 *   POST /v1/orders/:orderId/cancel              takes it off the worklist
 *   POST /v1/orders/:orderId/study               {studyInstanceUid}: a person says that this study is what was ordered
 *   POST /v1/orders/emergency                    EmergencyRequest: an order for a temporary patient, STAT
 *   POST /v1/studies/:studyInstanceUid/complete  the operator says that nothing more comes
 */

/** One line of text: no control characters, and no backslash, which parts values in DICOM. */
const line = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .regex(/^[^\p{Cc}\\]*$/u, 'must have no control characters and no backslash')
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');

/** Text of several lines. */
const prose = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .regex(/^(?:[^\p{Cc}]|[\t\r\n])*$/u, 'must have no control characters but line ends')
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');

/** `2026-01-31` or `20260131`, a day that exists; comes out as YYYYMMDD. */
const date = z
  .string()
  .trim()
  .transform((text) => text.replace(/^(\d{4})-(\d{2})-(\d{2})$/, '$1$2$3'))
  .refine((text) => text === '' || isDate(text), 'must be a date such as 2026-01-31');

/** `08:30`, `0830` or with seconds; comes out as HHMMSS. */
const time = z
  .string()
  .trim()
  .transform((text) => text.replaceAll(':', ''))
  .refine(
    (text) => text === '' || /^([01]\d|2[0-3])[0-5]\d([0-5]\d)?$/.test(text),
    'must be a time such as 08:30',
  )
  .transform((text) => (text.length === 4 ? `${text}00` : text));

const aeTitle = line(16).regex(/^[\x20-\x7e]*$/, 'must be an AE title');

const modality = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z0-9_]{2,16}$/, 'must be a modality such as CT');

const sex = z.preprocess(
  (value) => (typeof value === 'string' ? value.trim().toUpperCase() : value),
  z.enum(['', 'M', 'F', 'O']),
);

const upper = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.trim().toUpperCase() : value),
    z.enum(values),
  );

const uid = z
  .string()
  .trim()
  .max(64)
  .regex(/^(?:[0-9]+(?:\.[0-9]+)+)?$/, 'must be a UID');

/** What is asked for: by a person, a file or a message. Names as DICOM has them: `FAMILY^GIVEN`. */
export const orderRequestSchema = z.strictObject({
  /** The number of the order at its source; the same number again is a change of that order. */
  orderNumber: line(64).default(''),
  /** Given by the source, or minted here. */
  studyInstanceUid: uid.default(''),
  /** Kept when it has at most 16 characters, else one is minted here. */
  accessionNumber: line(64).default(''),
  patientId: line(64).min(1, 'must be there'),
  issuerOfPatientId: line(64).default(''),
  patientName: line(200).min(1, 'must be there'),
  patientBirthDate: date.default(''),
  patientSex: sex.default(''),
  modality,
  stationAeTitle: aeTitle.default(''),
  /** Wall clock of the clinic; today when empty. */
  scheduledDate: date.default(''),
  scheduledTime: time.default(''),
  /** What is to be done, e.g. `CT head without contrast`. */
  description: line(64).default(''),
  priority: upper(orderPriorities).default('ROUTINE'),
  referringPhysicianName: line(200).default(''),
  contact: line(200).default(''),
  indication: prose(2_000).default(''),
  history: prose(2_000).default(''),
  allergies: prose(500).default(''),
  consent: z.enum(consentStates).default('unknown'),
});

/** One request, or a list of them. */
export const orderRequestsSchema = z.preprocess(
  (value) => (Array.isArray(value) ? value : [value]),
  z.array(orderRequestSchema).min(1).max(500),
);

/** A patient whose name nobody knows yet. */
export const emergencyRequestSchema = z.strictObject({
  modality,
  patientSex: sex.default(''),
  /** A number and D, W, M or Y: `45Y`, `6M`. */
  approximateAge: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^(\d{1,3}[DWMY])?$/, 'must be an age such as 45Y')
    .default(''),
  stationAeTitle: aeTitle.default(''),
  description: line(64).default(''),
  indication: prose(2_000).default(''),
});

const orderStates = ['waiting', 'arrived', 'cancelled'] as const;

const orderViewSchema = orderSchema.extend({ state: z.enum(orderStates) });

export const orderListSchema = z.object({ orders: z.array(orderViewSchema) });

/** What became of requests, in their order. */
export const placedOrdersSchema = z.object({
  orders: z.array(
    z.object({ order: orderSchema, outcome: z.enum(['new', 'changed', 'unchanged']) }),
  ),
});

export type OrderRequest = z.infer<typeof orderRequestSchema>;
export type EmergencyRequest = z.infer<typeof emergencyRequestSchema>;
export type OrderView = z.infer<typeof orderViewSchema>;
export type OrderList = z.infer<typeof orderListSchema>;
export type PlacedOrders = z.infer<typeof placedOrdersSchema>;

function isDate(text: string): boolean {
  if (!/^\d{8}$/.test(text)) return false;
  const iso = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
  const parsed = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(iso);
}
