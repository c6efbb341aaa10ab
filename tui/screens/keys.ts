import type { Key } from 'ink';

/** Longer input at once is pasted, not typed, and is dropped. */
const maxTyped = 12;

/** Ink's report of a key press as the names of the key table; several when a slow line delivers them together. */
export function keysOf(input: string, key: Key): readonly string[] {
  if (key.ctrl || key.meta) return key.escape ? ['esc'] : [];
  const named = names.find(([flag]) => key[flag])?.[1];
  if (named !== undefined) return [named];
  const characters = [...input].filter((character) => !/\p{Cc}/u.test(character));
  return characters.length <= maxTyped ? characters : [];
}

/** The backspace key of most terminals sends DEL, which Ink calls `delete`. */
const names = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
  ['backspace', 'backspace'],
  ['delete', 'backspace'],
] as const satisfies readonly (readonly [keyof Key, string])[];
