import type { Uid } from './types.ts';

/** The longest UID, characters (PS3.5 9). */
export const maxUidLength = 64;

/**
 * The UID that `text` spells, or undefined when it spells none: 1 to 64 characters, numbers joined by single dots
 * (PS3.5 9.1). Trailing padding (NUL or space) must be removed before. A leading zero in a component is illegal but
 * sent by real devices; it is accepted, because a UID is only ever compared as text here.
 */
export function parseUid(text: string): Uid | undefined {
  return text.length <= maxUidLength && /^[0-9]+(?:\.[0-9]+)*$/.test(text)
    ? (text as Uid)
    : undefined;
}

/** The UID of a constant in the sources; throws (a bug) when it is none. */
export function uid(text: string): Uid {
  const parsed = parseUid(text);
  if (parsed === undefined) throw new TypeError('Cannot use a constant that is not a UID');
  return parsed;
}

/** The UID under 2.25 that is made of 16 bytes, read as one big-endian number (PS3.5 B.2). */
export function uidOfBytes(bytes: Uint8Array): Uid {
  let number = 0n;
  for (const byte of bytes.subarray(0, 16)) number = number * 256n + BigInt(byte);
  return `2.25.${number}` as Uid;
}
