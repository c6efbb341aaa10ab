import { fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { decodeText } from '#sync/dicom/text.ts';
import { type OrderRequest, orderRequestSchema } from '../api/contract-orders.ts';
import {
  type Hl7Message,
  type Hl7Segment,
  hl7Escape,
  hl7Text,
  parseHl7,
  segmentsOf,
} from './hl7.ts';
import type { OrderFault } from './ports.ts';
import { unusableFields } from './unusable.ts';

/** What a file or message wants, one order after another. */
export type OrderAction =
  | { readonly do: 'place'; readonly request: OrderRequest }
  | { readonly do: 'cancel'; readonly orderNumber: string };

/** Orders with the source whose numbers they carry. */
export interface OrderBatch {
  readonly source: string;
  readonly actions: readonly OrderAction[];
}

/**
 * The orders of an ORM^O01 (HL7 v2.5.1 4.4.1; fields as IHE Radiology has them, RAD-2 and RAD-4). An order without a
 * number is refused: a message that comes again would be another order.
 */
export function readOrderMessage(message: Hl7Message): Result<OrderBatch, OrderFault> {
  const header = message.segments[0];
  const type = `${hl7Text(message, header, 9, 1)}^${hl7Text(message, header, 9, 2)}`;
  if (type !== 'ORM^O01') return unusable('it is no ORM^O01');
  const from = hl7Text(message, header, 4) || hl7Text(message, header, 3);
  const actions: OrderAction[] = [];
  const [patient] = segmentsOf(message, 'PID');
  const groups = groupsOf(message);
  if (groups.length === 0) return unusable('it has no ORC segment');
  for (const group of groups) {
    const action = actionOf(message, patient, group);
    if (!action.ok) return action;
    if (action.value) actions.push(action.value);
  }
  return ok({ source: `hl7 ${from}`.slice(0, 80).trim(), actions });
}

/** Text of the bytes: by what MSH-18 says, else by `assumed` (a term of DICOM) unless it is UTF-8 in any case. */
export function decodeHl7(bytes: Uint8Array, assumed: string): Result<string, OrderFault> {
  const head = parseHl7(`${asciiHead(bytes)}\r`);
  const declared = head.ok ? hl7Text(head.value, head.value.segments[0], 18).toUpperCase() : '';
  if (declared === '') return ok(decodeAssumed(bytes, assumed));
  const term = Object.hasOwn(characterSets, declared) ? characterSets[declared] : undefined;
  return term === undefined
    ? unusable('its character set is not known')
    : ok(decodeText(bytes, term));
}

/** UTF-8 where the bytes are that, else the set that the config assumes. */
export function decodeAssumed(bytes: Uint8Array, assumed: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return decodeText(bytes, assumed);
  }
}

/** Acknowledgement codes of original mode (chapter 2.9.2): taken, refused for good, try again. */
export type Acknowledgement = 'AA' | 'AR' | 'AE';

/** The answer to a message, or to bytes that are none (`undefined`). */
export function acknowledge(
  message: Hl7Message | undefined,
  code: Acknowledgement,
  reason: string,
  at: string,
): string {
  const text = (field: number): string =>
    message ? hl7Escape(hl7Text(message, message.segments[0], field)) : '';
  const version = text(12) || '2.3';
  const header = `MSH|^~\\&|${text(5)}|${text(6)}|${text(3)}|${text(4)}|${at}||ACK|${text(10)}|${text(11) || 'P'}|${version}`;
  return `${header}\rMSA|${code}|${text(10)}|${hl7Escape(reason).slice(0, 200)}\r`;
}

interface OrderGroup {
  readonly control: Hl7Segment;
  readonly details: Hl7Segment | undefined;
  readonly more: readonly Hl7Segment[];
}

/** Each ORC with the segments behind it, up to the next one. */
function groupsOf({ segments }: Hl7Message): readonly OrderGroup[] {
  const starts = segments.flatMap(({ name }, index) => (name === 'ORC' ? [index] : []));
  return starts.flatMap((start, index) => {
    const [control, ...more] = segments.slice(start, starts[index + 1]);
    return control ? [{ control, details: more.find(({ name }) => name === 'OBR'), more }] : [];
  });
}

const placing = new Set(['NW', 'XO', 'RP', 'RU', 'RO']);
const cancelling = new Set(['CA', 'OC', 'DC', 'CR']);
/** Status messages and answers, which ask for nothing. */
const telling = new Set(['SC', 'SN', 'SR', 'OK', 'NA', 'PR']);

function actionOf(
  message: Hl7Message,
  patient: Hl7Segment | undefined,
  group: OrderGroup,
): Result<OrderAction | undefined, OrderFault> {
  const { control, details } = group;
  const code = hl7Text(message, control, 1);
  if (telling.has(code)) return ok(undefined);
  const orderNumber = hl7Text(message, control, 2) || hl7Text(message, details, 2);
  if (orderNumber === '') return unusable('an order has no placer order number (ORC-2)');
  if (cancelling.has(code)) return ok({ do: 'cancel', orderNumber });
  if (!placing.has(code)) return unusable('its order control code (ORC-1) is not known');
  const parsed = orderRequestSchema.safeParse(requestOf(message, patient, group, orderNumber));
  if (parsed.success) return ok({ do: 'place', request: parsed.data });
  return unusable(unusableFields(parsed.error));
}

function requestOf(
  message: Hl7Message,
  patient: Hl7Segment | undefined,
  { control, details, more }: OrderGroup,
  orderNumber: string,
): Record<keyof OrderRequest, string> {
  const text = (segment: Hl7Segment | undefined, field: number, component = 1): string =>
    hl7Text(message, segment, field, component);
  const line = (value: string): string => value.replace(/\s+/g, ' ');
  const first = (...values: readonly string[]): string => values.find((each) => each !== '') ?? '';
  const moment = first(text(details, 27, 4), text(control, 7, 4), text(details, 36));
  const urgency = first(text(details, 27, 6), text(control, 7, 6), text(details, 5));
  const provider = text(control, 12) !== '' || text(control, 12, 2) !== '' ? control : details;
  const providerField = provider === control ? 12 : 16;
  const named = (name: string): readonly Hl7Segment[] => [
    ...more.filter((each) => each.name === name),
    ...segmentsOf(message, name).filter((each) => !more.includes(each)),
  ];
  const coded = (segment: Hl7Segment | undefined, field: number): string =>
    first(text(segment, field, 2), text(segment, field));
  return {
    orderNumber,
    studyInstanceUid: text(named('ZDS')[0], 1),
    accessionNumber: text(details, 18),
    patientId: text(patient, 3),
    issuerOfPatientId: text(patient, 3, 4),
    patientName: line(nameOf(message, patient, 5, 1)),
    patientBirthDate: text(patient, 7).slice(0, 8),
    patientSex: sexOf(text(patient, 8)),
    modality: text(details, 24),
    stationAeTitle: '',
    scheduledDate: moment.slice(0, 8),
    scheduledTime: moment.length >= 12 ? moment.slice(8, 14).padEnd(6, '0') : '',
    description: line(coded(details, 4)).slice(0, 64).trim(),
    priority: priorityOf(urgency),
    referringPhysicianName: line(nameOf(message, provider, providerField, 2)),
    contact: line(first(text(control, 14), text(details, 17))),
    indication: joined(
      coded(details, 31),
      ...named('DG1').map((each) => first(coded(each, 3), text(each, 4))),
    ),
    history: text(details, 13),
    allergies: joined(...named('AL1').map((each) => coded(each, 3))),
    consent: 'unknown',
  };
}

/** Family, given, middle, suffix, prefix become family, given, middle, prefix, suffix (PS3.5 6.2.1). */
function nameOf(
  message: Hl7Message,
  segment: Hl7Segment | undefined,
  field: number,
  component: number,
): string {
  const [family, given, middle, suffix, prefix] = [0, 1, 2, 3, 4].map((offset) =>
    hl7Text(message, segment, field, component + offset).replaceAll('^', ' '),
  );
  return [family, given, middle, prefix, suffix].join('^').replace(/\^+$/, '');
}

function sexOf(text: string): string {
  return { M: 'M', F: 'F', O: 'O', A: 'O' }[text.toUpperCase()] ?? '';
}

/** Table 0027 of HL7: S and A are urgent, the rest can wait. */
function priorityOf(code: string): string {
  return { S: 'STAT', A: 'HIGH', STAT: 'STAT' }[code.toUpperCase()] ?? 'ROUTINE';
}

function joined(...texts: readonly string[]): string {
  return [...new Set(texts.filter((each) => each !== ''))].join('; ');
}

/** Table 0211 of HL7, as terms of DICOM. */
const characterSets: Readonly<Record<string, string>> = {
  ASCII: 'ISO_IR 100',
  '8859/1': 'ISO_IR 100',
  '8859/2': 'ISO_IR 101',
  '8859/3': 'ISO_IR 109',
  '8859/4': 'ISO_IR 110',
  '8859/5': 'ISO_IR 144',
  '8859/6': 'ISO_IR 127',
  '8859/7': 'ISO_IR 126',
  '8859/8': 'ISO_IR 138',
  '8859/9': 'ISO_IR 148',
  '8859/15': 'ISO_IR 203',
  'UNICODE UTF-8': 'ISO_IR 192',
  UNICODE: 'ISO_IR 192',
};

/** The header as far as it is needed to learn the character set: it is ASCII in all of them. */
function asciiHead(bytes: Uint8Array): string {
  const head = bytes.subarray(0, 4_096);
  const end = head.findIndex((byte) => byte === 0x0d || byte === 0x0a);
  return String.fromCharCode(...head.subarray(0, end < 0 ? head.length : end)).replace(
    /[^ -~]/g,
    '?',
  );
}

function unusable(reason: string): Result<never, OrderFault> {
  return fail(
    fault(
      'orders/unusable',
      `Cannot take an order from an HL7 message: ${reason}`,
      'Correct it at its source and send it again',
    ),
  );
}
