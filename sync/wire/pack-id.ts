import { z } from 'zod';

/** The SHA-256 of a whole pack in lower-case hex; it names the file, the URL and the row. */
export type PackId = string & { readonly brand: 'PackId' };

const pattern = /^[0-9a-f]{64}$/;

/** The pack id that `text` spells, or undefined when it spells none. */
export function parsePackId(text: string): PackId | undefined {
  return pattern.test(text) ? (text as PackId) : undefined;
}

export const packIdSchema = z
  .string()
  .regex(pattern, 'must be 64 lower-case hex digits')
  .transform((text) => text as PackId);
