import { fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import type { EmergencyRequest, OrderRequest } from '../api/contract-orders.ts';
import type { Order } from '../store/facts-orders.ts';
import type { OrderFault } from './ports.ts';

/** What an order gets once and keeps. */
export type OrderIdentity = Pick<
  Order,
  'orderId' | 'source' | 'orderNumber' | 'studyInstanceUid' | 'accessionNumber'
>;

/** Date and time of a wall clock, YYYYMMDD and HHMMSS. */
export interface WallClock {
  readonly date: string;
  readonly time: string;
}

/** The wall clock of the machine's own time zone at `ms`: modalities know no other. */
export function wallClockOf(ms: number): WallClock {
  const at = new Date(ms);
  const two = (number: number): string => String(number).padStart(2, '0');
  return {
    date: `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}`,
    time: `${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`,
  };
}

/** A first version of an order, scheduled for now unless the request says when. */
export function newOrder(request: OrderRequest, identity: OrderIdentity, now: WallClock): Order {
  return {
    ...contentOf(request, now),
    ...identity,
    revision: 1,
    patientAge: '',
    isEmergency: false,
  };
}

/**
 * The order as a later request has it, one revision on; the very same order when nothing differs. What was given once
 * stays: a request that leaves the schedule open changes no schedule.
 */
export function changedOrder(order: Order, request: OrderRequest): Order {
  const { scheduledDate: date, scheduledTime: time } = order;
  const changed: Order = { ...order, ...contentOf(request, { date, time }) };
  const isSame = JSON.stringify(changed) === JSON.stringify(order);
  return isSame ? order : { ...changed, revision: order.revision + 1 };
}

/** The order of a temporary patient: an ID of the reserved range that no other clinic uses, urgent, no consent asked. */
export function emergencyOrder(
  request: EmergencyRequest,
  identity: OrderIdentity,
  idPrefix: string,
  now: WallClock,
): Order {
  const { accessionNumber } = identity;
  const content = contentOf(
    {
      ...nothing,
      ...request,
      orderNumber: identity.orderNumber,
      patientId: `${idPrefix}${accessionNumber}`,
      patientName: `EMERGENCY^${accessionNumber}`,
      priority: 'STAT',
      consent: 'emergency',
    },
    now,
  );
  const patientAge = request.approximateAge.padStart(4, '0');
  return {
    ...content,
    ...identity,
    revision: 1,
    patientAge: request.approximateAge === '' ? '' : patientAge,
    isEmergency: true,
  };
}

/** Whether `accessionNumber` may be used as it is (SH: 16 characters). */
export function isUsableAccession(accessionNumber: string): boolean {
  return accessionNumber !== '' && accessionNumber.length <= 16;
}

/**
 * An accession number of the box's own: the clinic's code and ten characters of chance, so that two clinics never
 * give the same one without asking each other. Letters and digits that cannot be taken for another (no I, L, O, U).
 */
export function mintAccession(siteCode: string, chance: Uint8Array): string {
  let number = 0n;
  for (const byte of chance.subarray(0, 7)) number = number * 256n + BigInt(byte);
  let text = '';
  for (let digits = 0; digits < 10; digits++) {
    text = `${alphabet[Number(number % 32n)]}${text}`;
    number /= 32n;
  }
  return `${siteCode}${text}`;
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A UID from 16 random bytes as a UUID of version 4 (PS3.5 B.2). */
export function mintUid(chance: Uint8Array): string {
  const bytes = Uint8Array.from(chance.subarray(0, 16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  let number = 0n;
  for (const byte of bytes) number = number * 256n + BigInt(byte);
  return `2.25.${number}`;
}

/** A patient ID of the reserved range is refused unless it is the one of a temporary patient that is known. */
export function checkReserved(
  request: OrderRequest,
  idPrefix: string,
  isKnownEmergency: boolean,
): Result<void, OrderFault> {
  if (!request.patientId.startsWith(idPrefix) || isKnownEmergency) return ok(undefined);
  return fail(
    fault(
      'orders/reserved-id',
      `Cannot take an order: patient IDs that begin with "${idPrefix}" are kept for emergencies`,
      'Use the ID of the patient, or "outpost orders emergency" for a patient nobody knows yet',
    ),
  );
}

function contentOf(
  request: OrderRequest,
  now: WallClock,
): Omit<Order, keyof OrderIdentity | 'revision' | 'patientAge' | 'isEmergency'> {
  const { scheduledDate, scheduledTime } = request;
  return {
    patientId: request.patientId,
    issuerOfPatientId: request.issuerOfPatientId,
    patientName: request.patientName,
    patientBirthDate: request.patientBirthDate,
    patientSex: request.patientSex,
    modality: request.modality,
    stationAeTitle: request.stationAeTitle,
    scheduledDate: scheduledDate || now.date,
    scheduledTime: scheduledTime || (scheduledDate === '' ? now.time : '000000'),
    // Devices want to show something, and the standard has it that one of text and code is there.
    description: request.description || request.modality,
    priority: request.priority,
    referringPhysicianName: request.referringPhysicianName,
    contact: request.contact,
    indication: request.indication,
    history: request.history,
    allergies: request.allergies,
    consent: request.consent,
  };
}

const nothing = {
  studyInstanceUid: '',
  accessionNumber: '',
  issuerOfPatientId: '',
  patientBirthDate: '',
  scheduledDate: '',
  scheduledTime: '',
  referringPhysicianName: '',
  contact: '',
  history: '',
  allergies: '',
} as const;
