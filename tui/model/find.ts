import { sanitize } from '#sync/core/sanitize.ts';
import { visibleStudies, withFind } from './list.ts';
import type { State } from './state.ts';

/** Longest text to look for, characters. */
const maxLength = 30;

/** A key while the find text is typed: it narrows the list at once. Enter keeps the text, Esc clears it. */
export function findKey(state: State, key: string): State {
  const text = state.find?.text ?? '';
  if (key === 'esc') return withFind(state, undefined);
  if (key === 'enter') return withFind(state, text === '' ? undefined : { text, isTyping: false });
  if (key === 'backspace') return typed(state, text.slice(0, -1));
  if ([...key].length !== 1) return state;
  return typed(state, (text + sanitize(key)).slice(0, maxLength));
}

/** How many studies the text leaves. */
export function foundCount(state: State): number {
  return visibleStudies(state).length;
}

function typed(state: State, text: string): State {
  return withFind(state, { text, isTyping: true });
}
