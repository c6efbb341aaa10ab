import type { Status, StudyRow } from '#appliance/api/contract.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import { words } from '../words/en.ts';
import type { Event, Step } from './event.ts';
import { noted, warned } from './note.ts';
import { shown } from './shown.ts';
import type { Place, State } from './state.ts';
import { openStudy } from './study-view.ts';

export type AddressPlace = Extract<Place, { readonly name: 'address' }>;
export type ShownCenter = NonNullable<Status['centers']>[number];

/** Longest name of a person, characters. */
const longestName = 40;
/** Shorter is no name. */
const shortestName = 2;

/**
 * While it can still be read by another center alone. What is delivered has a reader: that such a study goes
 * elsewhere is rare enough for the command line.
 */
const readdressed: readonly StudyRow['state'][] = [
  ...(['receiving', 'waiting', 'sending', 'at center', 'needs help'] as const),
];

/** The study that is open, when there is another center that it could go to. */
export function addressable(state: State): StudyRow | undefined {
  const { row } = openStudy(state);
  if (!row?.center || !readdressed.includes(row.state)) return undefined;
  return centersOf(state).some((center) => mayChoose(center, row)) ? row : undefined;
}

/** The study of the page; its row of the list is the newest. */
export function addressedStudy({ place, studies, detail }: State): StudyRow | undefined {
  if (place.name !== 'address') return undefined;
  const isIt = (row: StudyRow): boolean => row.studyInstanceUid === place.studyInstanceUid;
  return studies.find(isIt) ?? (detail && isIt(detail) ? detail : undefined);
}

/** The centers of the box; none where it has one. */
export function centersOf({ status }: State): readonly ShownCenter[] {
  return status?.centers ?? [];
}

/** Whether the study can be sent there. */
export function mayChoose({ code, isOpen }: ShownCenter, row: StudyRow): boolean {
  return isOpen && code !== row.center?.code;
}

/** The center under the cursor, when the study can be sent there. */
export function centerAtCursor(state: State): ShownCenter | undefined {
  const { place } = state;
  const row = addressedStudy(state);
  if (place.name !== 'address' || !row) return undefined;
  const center = centersOf(state)[cursorOf(state, place)];
  return center && mayChoose(center, row) ? center : undefined;
}

/** The cursor, kept on a row when the list became shorter. */
export function cursorOf(state: State, { cursor }: AddressPlace): number {
  return Math.max(0, Math.min(cursor, centersOf(state).length - 1));
}

/** The page opens on the first center that can be chosen. */
export function openAddress(state: State): Step {
  const row = addressable(state);
  const { place } = state;
  if (!row || place.name !== 'study') return { state };
  const { studyInstanceUid } = row;
  const cursor = centersOf(state).findIndex((center) => mayChoose(center, row));
  const opened: Place = { name: 'address', studyInstanceUid, from: place, cursor, by: undefined };
  return { state: { ...state, place: opened } };
}

export function movedInAddress(state: State, place: AddressPlace, rows: number): State {
  const limit = Math.max(0, centersOf(state).length - 1);
  const cursor = Math.max(0, Math.min(limit, cursorOf(state, place) + rows));
  return { ...state, place: { ...place, cursor } };
}

/** Asks for the name of the person who decides; nothing is changed yet. */
export function askAddressName(state: State): Step {
  const { place } = state;
  if (place.name !== 'address' || !centerAtCursor(state)) return { state };
  return { state: { ...state, place: { ...place, by: '' } } };
}

/** A key while the name is typed: Enter sends the study there, Esc leaves all as it was. */
export function addressKey(state: State, place: AddressPlace, key: string): Step {
  const { by = '' } = place;
  const center = centerAtCursor(state);
  const typed = (text: string | undefined): Step => ({
    state: { ...state, place: { ...place, by: text } },
  });
  // The center may have been closed meanwhile, or the study gone there already.
  if (key === 'esc' || !center) return typed(undefined);
  if (key === 'backspace') return typed([...by].slice(0, -1).join(''));
  if (key !== 'enter') {
    const isText = [...key].length === 1 && [...by].length < longestName;
    return isText ? typed(by + sanitize(key)) : { state };
  }
  const name = by.trim();
  if (name.length < shortestName) return { state: warned(state, words.address.noName) };
  const { studyInstanceUid, from } = place;
  return {
    state: noted({ ...state, place: from }, words.address.asking),
    effect: { type: 'address', studyInstanceUid, center, by: name },
  };
}

/** The box has written it down; the rows follow by themselves. */
export function addressed(
  state: State,
  { center, alreadyOut }: Extract<Event, { readonly type: 'addressed' }>,
): Step {
  const { done, alreadyOut: call } = words.address;
  const text = alreadyOut > 0 ? call(alreadyOut) : done(shown(center));
  return { state: noted(state, text) };
}
