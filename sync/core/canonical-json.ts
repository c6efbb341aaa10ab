import { utf8Text } from './bytes.ts';
import { type Fault, fault } from './fault.ts';
import { fail, ok, type Result } from './result.ts';

/** A JSON value (RFC 8259); numbers are finite, strings are well-formed Unicode. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** An object of JSON, the shape of every meta and every signed file. */
export type JsonObject = { readonly [key: string]: Json };

/** Why a text is not canonical JSON. */
export type JsonFault = Fault<
  'json/not-utf8' | 'json/not-json' | 'json/not-canonical' | 'json/too-deep' | 'json/too-many'
>;

/** Arrays and objects inside one another that a door accepts unless it says otherwise. */
const maxJsonDepth = 8;

/**
 * Values that any document may hold, far more than the longest list has: a few KiB of zstd can stand for tens of
 * millions, which cost a hundred times their text as objects.
 */
const maxJsonValues = 1_000_000;

/**
 * The one canonical text of `value` (RFC 8785): no white space, keys in order of their UTF-16 code units, numbers
 * and strings as ECMAScript writes them. What has no JSON form (NaN, a lone surrogate, `undefined`) is a bug of the
 * caller and throws a TypeError.
 */
export function canonicalJson(value: Json): string {
  switch (typeof value) {
    case 'string':
      return textOf(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`Cannot write the number ${value} as JSON`);
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      break;
    default:
      throw new TypeError(`Cannot write a value of type ${typeof value} as JSON`);
  }
  if (value === null) return 'null';
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${textOf(key)}:${canonicalJson(member)}`).join(',')}}`;
}

/**
 * Parses `input` (UTF-8 bytes or text) and refuses all but the canonical form: duplicate keys, another key order, white
 * space, other spellings of a number or a string, a byte-order mark, lone surrogates, more than `maxDepth` arrays and
 * objects inside one another, and more than a million values. `canonicalJson` of the value gives the same text again.
 */
export function parseCanonicalJson(
  input: Uint8Array | string,
  { maxDepth = maxJsonDepth }: { readonly maxDepth?: number } = {},
): Result<Json, JsonFault> {
  const text = typeof input === 'string' ? input : utf8Text(input);
  if (text === undefined) return refused('json/not-utf8', 'it is not UTF-8');
  const shape = shapeOf(text);
  if (shape.depth > maxDepth) {
    return refused('json/too-deep', `it nests deeper than ${maxDepth}`);
  }
  if (shape.values > maxJsonValues) return refused('json/too-many', 'it holds too many values');
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    return refused('json/not-json', 'it is not JSON');
  }
  return isCanonical(value, text)
    ? ok(value)
    : refused('json/not-canonical', 'it is not in canonical form');
}

/** The object that `value` is, or undefined for a scalar, null or an array. */
export function jsonObject(value: Json): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !isArray(value) ? value : undefined;
}

/** JSON.parse keeps the last of duplicate keys and rounds numbers, so the text written anew tells all of it. */
function isCanonical(value: Json, text: string): boolean {
  try {
    return canonicalJson(value) === text;
  } catch (cause) {
    if (cause instanceof TypeError) return false;
    throw cause;
  }
}

function textOf(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('Cannot write a lone surrogate as JSON');
  return JSON.stringify(text);
}

/** Counted before parsing, so that hostile nesting never reaches a recursive function, nor a flood the memory. */
function shapeOf(text: string): { readonly depth: number; readonly values: number } {
  let depth = 0;
  let deepest = 0;
  let values = 1;
  let isInString = false;
  for (let at = 0; at < text.length && values <= maxJsonValues; at++) {
    const code = text.charCodeAt(at);
    if (isInString) {
      if (code === backslash) at++;
      else if (code === quote) isInString = false;
    } else if (code === quote) isInString = true;
    else if (code === comma) values++;
    else if (code === openBrace || code === openBracket) {
      values++;
      deepest = Math.max(deepest, ++depth);
    } else if (code === closeBrace || code === closeBracket) depth--;
  }
  return { depth: deepest, values };
}

function refused(
  kind: JsonFault['kind'],
  reason: string,
): { readonly ok: false; readonly fault: JsonFault } {
  return fail(
    fault(kind, `Cannot read canonical JSON: ${reason}`, 'Ask the sender for a correct copy'),
  );
}

/** `Array.isArray` does not narrow readonly arrays. */
function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
