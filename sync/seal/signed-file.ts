import { z } from 'zod';
import { base64url, fromBase64url, utf8, utf8Text } from '../core/bytes.ts';
import { canonicalJson, type Json, parseCanonicalJson } from '../core/canonical-json.ts';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { sha256 } from './sha256.ts';
import { type SigningKey, sign, verify } from './signature.ts';

/** `damaged`: it is not what it should be; `untrusted`: whoever signed it may not. */
export type SignedFileFault = Fault<'seal/file-damaged' | 'seal/file-untrusted'>;

/** The largest signed file that is looked at. */
const maxSignedFileBytes = 8 * 1024 * 1024;

const fileSchema = z.strictObject({ signed: z.string(), signature: z.string() });

/**
 * A signed file: one JSON object `{"signed": <canonical JSON as a string>, "signature": <base64url>}`. The
 * signature is over `label | 00 | SHA-256(text of signed)`, so what is signed is exactly what is stored.
 */
export function signFile(key: SigningKey, label: string, value: Json): string {
  const signed = canonicalJson(value);
  const signature = base64url(sign(key, label, sha256(utf8(signed))));
  return `${JSON.stringify({ signed, signature })}\n`;
}

/**
 * The value of a signed file whose signature verifies, by the strict rule, under one of `keys`, or under the key that
 * a function names for the value; undefined from it means that nobody may have signed it. Keys that are known
 * beforehand are tried before the signed text is parsed. The value is no more than canonical JSON yet.
 */
export function openSignedFile(
  text: string | Uint8Array,
  label: string,
  keys: readonly Uint8Array[] | ((value: Json) => Uint8Array | undefined),
): Result<Json, SignedFileFault> {
  const file = parseFile(text);
  const signature = file && fromBase64url(file.signature);
  if (!file || !signature) return damaged('it is not an object of signed text and signature');
  const digest = sha256(utf8(file.signed));
  const isSignedBy = (key: Uint8Array): boolean => verify(key, signature, label, digest);
  if (typeof keys !== 'function') {
    if (keys.length === 0) return untrusted('nobody may sign it');
    if (!keys.some(isSignedBy)) return untrusted('its signature does not verify');
  }
  const value = parseCanonicalJson(file.signed);
  if (!value.ok) return damaged('the signed text is not canonical JSON');
  if (typeof keys !== 'function') return ok(value.value);
  const key = keys(value.value);
  if (key === undefined) return untrusted('nobody may sign it');
  return isSignedBy(key) ? ok(value.value) : untrusted('its signature does not verify');
}

/** The fault of a signed file whose value is not what its label promises. */
export function damaged(reason: string): { readonly ok: false; readonly fault: SignedFileFault } {
  return fail(
    fault(
      'seal/file-damaged',
      `Cannot read the signed file: ${reason}`,
      'Get a correct copy from the center',
    ),
  );
}

function untrusted(reason: string): { readonly ok: false; readonly fault: SignedFileFault } {
  return fail(
    fault(
      'seal/file-untrusted',
      `Cannot trust the signed file: ${reason}`,
      'Get the file again, and tell the center if it comes back',
    ),
  );
}

function parseFile(input: string | Uint8Array): z.infer<typeof fileSchema> | undefined {
  if (input.length > maxSignedFileBytes) return undefined;
  const text = typeof input === 'string' ? input : utf8Text(input);
  if (text === undefined) return undefined;
  try {
    return fileSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
