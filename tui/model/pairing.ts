import type { Status } from '#appliance/api/contract.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import { words } from '../words/en.ts';
import type { Step } from './event.ts';
import { alertLine } from './header.ts';
import { type Line, line } from './line.ts';
import { noted, warned } from './note.ts';
import { shown } from './shown.ts';
import type { Place, State } from './state.ts';
import { wrap } from './text-width.ts';

export type WordsPlace = Extract<Place, { readonly name: 'words' }>;

const longestTyped = 80;

/** The pairing whose words are not compared yet; undefined when none is. */
export function waitingPairing({
  status,
}: State): NonNullable<Status['pairing']['waiting']>[number] | undefined {
  return status?.pairing.waiting?.[0];
}

export function openWords(state: State): Step {
  return { state: { ...state, place: { name: 'words', typed: '' } } };
}

/** A key while the four words are typed: Enter compares them, Esc leaves all as it was. */
export function wordsKey(state: State, place: WordsPlace, key: string): Step {
  const { typed } = place;
  const stay = (text: string): Step => ({ state: { ...state, place: { ...place, typed: text } } });
  if (key === 'esc') return { state: { ...state, place: { name: 'list' } } };
  if (key === 'backspace') return stay([...typed].slice(0, -1).join(''));
  if (key !== 'enter') {
    const isText = [...key].length === 1 && [...typed].length < longestTyped;
    return isText ? stay(typed + sanitize(key)) : { state };
  }
  const four = typed.trim().toLowerCase().split(/\s+/);
  if (four.length !== 4) return { state: warned(state, words.pairing.four) };
  return {
    state: noted(state, words.pairing.comparing),
    effect: { type: 'confirm words', words: four.join(' ') },
  };
}

/** The box compared the words; who has left the page meanwhile stays where they are. */
export function wordsCompared(state: State, isRight: boolean, text: string): Step {
  const place: Place = isRight ? { name: 'list' } : { name: 'words', typed: '' };
  const next = state.place.name === 'words' ? { ...state, place } : state;
  return {
    state: isRight ? noted(next, words.pairing.right) : warned(next, words.pairing.wrong(text)),
  };
}

/** What is read out and what is typed. */
export function wordsLines(state: State): readonly Line[] {
  const { place } = state;
  const { columns } = state.size;
  const waiting = waitingPairing(state);
  if (place.name !== 'words') return [];
  if (!waiting) return [line(` ${words.pairing.none}`)];
  const told = (text: string): readonly Line[] =>
    wrap(text, columns - 2).map((each) => line(` ${each}`));
  return [
    ...told(words.pairing.about(shown(waiting.center))),
    line(''),
    ...told(words.pairing.read),
    line(`     ${shown(waiting.words.join('  '))}`, 'title'),
    line(''),
    ...told(words.pairing.type),
    line(`     ${place.typed}_`, 'title'),
    line(''),
    ...told(words.pairing.until),
    line(''),
    state.note || state.silence ? alertLine(state) : line(''),
  ];
}
