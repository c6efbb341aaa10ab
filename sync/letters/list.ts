import type { z } from 'zod';
import { codeRanges, decodeWhole } from '../coding/coding.ts';
import { canonicalJson, type Json, parseCanonicalJson } from '../core/canonical-json.ts';
import { ok, type Result } from '../core/result.ts';
import { type LetterFault, parseMeta, refused } from './fields.ts';

/** Most entries of a list that travels as a payload: instances of one study. */
export const maxListEntries = 50_000;

/** Most bytes of such a list in its canonical form. */
const maxListBytes = 48 * 1024 * 1024;

/** The payload form of a long list: canonical JSON in coding 1, since a meta has only 256 KiB. */
export function encodeList(list: Json): Uint8Array {
  return codeRanges(1, [new TextEncoder().encode(canonicalJson(list))]);
}

/** Reads a list that `encodeList` wrote, by the schema of the whole list. */
export function decodeList<T>(
  name: string,
  schema: z.ZodType<T>,
  payload: Uint8Array,
): Result<T, LetterFault> {
  const bytes = decodeWhole(payload, maxListBytes);
  if (!bytes.ok) return refused('letter/payload', `Cannot read a ${name}: ${bytes.fault.message}`);
  const value = parseCanonicalJson(bytes.value, { maxDepth: 4 });
  if (!value.ok) return refused('letter/payload', `Cannot read a ${name}: ${value.fault.message}`);
  return parseMeta(name, schema, value.value);
}

/** The refusal when an entry count of the meta differs from the list. */
export function checkCount(
  name: string,
  declared: number,
  actual: number,
): Result<void, LetterFault> {
  return declared === actual
    ? ok(undefined)
    : refused('letter/payload', `Cannot read a ${name}: its list is not as long as declared`);
}
