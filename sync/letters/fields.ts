import { z } from 'zod';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { maxUidLength, parseUid } from '../dicom/uid.ts';
import { issueText } from '../seal/fields.ts';

/**
 * Check 12 of an opened pack failed: `letter/direction` and `letter/kind` are alarms, the others mean a sender of
 * another version or with a defect. The message names the field, never its value.
 */
export type LetterFault = Fault<
  'letter/kind' | 'letter/direction' | 'letter/meta' | 'letter/payload' | 'letter/too-large'
>;

/** Which way a letter goes; it decides what the letter may be. */
export type Direction = 'to-center' | 'to-clinic';

/** The one version of every meta; any other is refused. */
export const versionField = z.literal(1);

/** 32 bytes in lower-case hex: a digest or a pack id. */
export const digestField = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');

/** 16 bytes in lower-case hex: a stream, a ledger. */
export const id16Field = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hex digits');

export const uidField = z
  .string()
  .max(maxUidLength)
  .transform((text, context) => {
    const uid = parseUid(text);
    if (uid !== undefined) return uid;
    context.issues.push({ code: 'custom', message: 'must be a UID', input: text });
    return z.NEVER;
  });

/** Text of at most `max` UTF-16 units without a lone surrogate. It is not sanitised: screens and logs do that. */
export const textField = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => text.isWellFormed(), 'must be well-formed Unicode');

/** Text of an attribute as the DICOM reader gives it, which cuts at the same length. */
export const dicomTextField = textField(1_024);

/** A count or a number that only grows: key list, version, sequence. */
export const countField = z.int().nonnegative();

/** ISO 8601 in UTC, e.g. `2026-01-01T08:00:00.000Z`; for display only. */
export const timeField = z.iso.datetime({ precision: 3 });

/** A meta and its payload, ready to be sealed. The receiver of the value owns the payload. */
export interface LetterParts<M> {
  readonly meta: M;
  readonly payload: Uint8Array;
}

/** Parses `meta` by `schema`; the fault names every field that is wrong, and no value. */
export function parseMeta<T>(
  name: string,
  schema: z.ZodType<T>,
  meta: unknown,
): Result<T, LetterFault> {
  const parsed = schema.safeParse(meta);
  if (parsed.success) return ok(parsed.data);
  const fields = parsed.error.issues
    .slice(0, 5)
    .map((issue) => issueText(issue, 'meta'))
    .join('; ');
  return refused('letter/meta', `Cannot read a ${name}: ${fields}`);
}

/** A refusal of check 12. */
export function refused(
  kind: LetterFault['kind'],
  message: string,
): { readonly ok: false; readonly fault: LetterFault } {
  return fail(fault(kind, message, 'Update the older end, or ask the sender to send it again'));
}
