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
