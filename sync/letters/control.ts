import { z } from 'zod';
import type { Result } from '../core/result.ts';
import {
  countField,
  type Direction,
  digestField,
  id16Field,
  type LetterFault,
  type LetterParts,
  parseMeta,
  refused,
  textField,
  timeField,
  uidField,
  versionField,
} from './fields.ts';

/**
 * Controls are versioned registers, never verbs: a reader keeps the highest `version` of each register of each
 * signer and ignores the rest, so a replay does nothing. No control runs a command, changes a setting or deletes.
 */
const register = <N extends string>(name: N) => ({
  v: versionField,
  register: z.literal(name),
  version: z.int().positive(),
});

/** Every pack of a center names its newest key list. */
const fromCenter = { list: countField };

const streamStart = {
  ...register('stream-start'),
  /** The stream that the signer used before, or null on its first day. */
  previousStream: id16Field.nullable(),
  /** The last sequence number of it that the signer knows of, or null. */
  lastKnown: countField.nullable(),
};

const voided = {
  ...register('void'),
  /** These numbers of this stream will never arrive: their packs were sealed again or given up. */
  stream: id16Field,
  sequences: z.array(countField).min(1).max(1_000).readonly(),
};

const boxHeartbeatSchema = z.strictObject({
  ...register('heartbeat'),
  at: timeField,
  software: textField(32),
  counts: z.strictObject({
    studies: countField,
    instances: countField,
    /** Instances that are not delivered yet. */
    onlyHere: countField,
    needHelp: countField,
  }),
  diskUsedPercent: z.number().min(0).max(100),
  /** Head of the audit chain; null until the box keeps one. */
  auditHead: digestField.nullable(),
});

const centerHeartbeatSchema = z.strictObject({
  ...register('heartbeat'),
  ...fromCenter,
  at: timeField,
  software: textField(32),
  /** Changes when the center was restored: everything inside retention is offered again. */
  ledger: id16Field,
});

const capabilitiesSchema = z.strictObject({
  ...register('capabilities'),
  ...fromCenter,
  /** What the center can deliver or transcode. */
  sopClasses: z.array(uidField).max(1_000).readonly(),
  transferSyntaxes: z.array(uidField).max(200).readonly(),
  /** The highest transport coding the center reads. */
  codingMax: z.int().min(0).max(255),
  /** ISO 3166 alpha-2 codes of countries it may receive from. */
  countries: z
    .array(z.string().regex(/^[A-Z]{2}$/))
    .max(300)
    .readonly(),
});

const pleaseResendSchema = z.strictObject({
  ...register('please-resend'),
  ...fromCenter,
  reason: z.enum(['unreadable', 'epoch-gone', 'incomplete', 'restored']),
  /** The study, where the center could read that much. */
  study: uidField.nullable(),
  /** Packs that could not be used. */
  packs: z.array(digestField).max(1_000).readonly(),
  /** Digests of instances that are missing or damaged. */
  instances: z.array(digestField).max(1_000).readonly(),
});

const addresseeSchema = z.strictObject({
  ...register('addressee'),
  study: uidField,
  /** False: a person sent the study to another center, and only that one is to read it. */
  isYours: z.boolean(),
});

const toCenterSchema = z.discriminatedUnion('register', [
  boxHeartbeatSchema,
  addresseeSchema,
  z.strictObject(streamStart),
  z.strictObject(voided),
]);

const toClinicSchema = z.discriminatedUnion('register', [
  centerHeartbeatSchema,
  capabilitiesSchema,
  pleaseResendSchema,
  z.strictObject({ ...streamStart, ...fromCenter }),
  z.strictObject({ ...voided, ...fromCenter }),
]);

/** A control (kind 5) from a clinic to its center. */
export type ControlToCenter = z.infer<typeof toCenterSchema>;
/** A control (kind 5) from a center to a clinic. */
export type ControlToClinic = z.infer<typeof toClinicSchema>;
export type Control = ControlToCenter | ControlToClinic;

/** The meta and empty payload of a control from a clinic; throws (a bug) when a bound is broken. */
export function buildControlToCenter(
  control: z.input<typeof toCenterSchema>,
): LetterParts<ControlToCenter> {
  return { meta: toCenterSchema.parse(control), payload: new Uint8Array(0) };
}

/** The meta and empty payload of a control from a center; throws (a bug) when a bound is broken. */
export function buildControlToClinic(
  control: z.input<typeof toClinicSchema>,
): LetterParts<ControlToClinic> {
  return { meta: toClinicSchema.parse(control), payload: new Uint8Array(0) };
}

/** Parses a control; a register that may not go this way is refused as an unknown one. */
export function parseControl(
  meta: unknown,
  payload: Uint8Array,
  direction: Direction,
): Result<Control, LetterFault> {
  if (payload.length > 0)
    return refused('letter/payload', 'Cannot read a control: it has a payload');
  if (isOfOtherDirection(meta, direction)) {
    return refused('letter/direction', 'Cannot read a control: it may not go this way');
  }
  const schema: z.ZodType<Control> = direction === 'to-center' ? toCenterSchema : toClinicSchema;
  return parseMeta('control', schema, meta);
}

/** Registers that only one side writes; seen from the other side they are an alarm, not a defect. */
const onlyToClinic: readonly unknown[] = ['capabilities', 'please-resend'];
const onlyToCenter: readonly unknown[] = ['addressee'];

function isOfOtherDirection(meta: unknown, direction: Direction): boolean {
  if (typeof meta !== 'object' || meta === null || !('register' in meta)) return false;
  const ofOther = direction === 'to-center' ? onlyToClinic : onlyToCenter;
  return ofOther.includes(meta.register);
}
