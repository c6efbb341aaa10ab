import { z } from 'zod';
import { base64url, fromBase64url, fromHex, hex } from '../core/bytes.ts';

/** A binary value of exactly `length` bytes, base64url without padding in JSON. */
export const binary = (length: number) =>
  z.string().transform((text, context) => {
    const bytes = fromBase64url(text);
    if (bytes?.length === length) return bytes;
    context.addIssue({ code: 'custom', message: `must be ${length} bytes in base64url` });
    return z.NEVER;
  });

/** The same, held in memory as lower-case hex: names that are looked up and compared. */
export const hexBinary = (length: number) => binary(length).transform(hex);

/** The base64url text of a value that memory holds as hex. */
export function textOfHex(text: string): string {
  return base64url(bytesOfHex(text));
}

/** The bytes of a value that memory holds as hex; anything but hex is a bug and throws. */
export function bytesOfHex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (!bytes) throw new TypeError('Cannot take a text that is not lower-case hex as bytes');
  return bytes;
}

/** A pack id: the one binary value that is hex in JSON too, since it names files and URLs. */
export const packIdField = z.string().regex(/^[0-9a-f]{64}$/, 'must be a pack id');

/** Short text of people for people: no control or formatting characters, nothing to move a cursor with. */
export const shortText = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    .regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]*$/u, 'must be plain text of one line');

/** The name of a relay in key lists, receipts and configs. */
export const relayName = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be a short name');

/** A site code as the card's tag and the request carry it: 1 to 32 capital letters, digits and dashes. */
export const siteCode = z
  .string()
  .regex(/^[A-Z0-9][A-Z0-9-]{0,31}$/, 'must be a site code: capital letters, digits and dashes');

/** The first complaint of a failed parse, for the journal; never quotes a value. */
export function complaint(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? issueText(issue) : 'value: is not accepted';
}

/**
 * Where a parse of `whole` failed and why. Unknown keys are the sender's own text, of any length: they are counted.
 */
export function issueText(issue: z.core.$ZodIssue, whole = 'value'): string {
  const path = issue.path.map(String).join('.') || whole;
  if (issue.code === 'unrecognized_keys') return `${path}: ${issue.keys.length} unknown key(s)`;
  return `${path}: ${issue.message}`;
}
