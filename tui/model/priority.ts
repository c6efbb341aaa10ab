import type { StudyRow } from '#appliance/api/contract.ts';
import { words } from '../words/en.ts';
import type { Priority, Step } from './event.ts';
import { studyAtCursor } from './list.ts';
import { noted } from './note.ts';
import type { State } from './state.ts';
import { openStudy } from './study-view.ts';

const travelling: readonly StudyRow['state'][] = ['receiving', 'waiting', 'sending', 'needs help'];

/** The study that is open or under the cursor, while how soon it travels is of any matter. */
export function travellingStudy(state: State): StudyRow | undefined {
  const row = state.place.name === 'list' ? studyAtCursor(state) : openStudy(state).row;
  return row && !row.isNotHere && travelling.includes(row.state) ? row : undefined;
}

/** STAT, or no longer: what a person said is taken back, what a rule or an order said is overruled. */
export function changePriority(state: State): Step {
  const row = travellingStudy(state);
  if (!row) return { state };
  const isByPerson = row.priority?.cause?.kind === 'person';
  const lower: Priority = isByPerson ? null : 'routine';
  const { studyInstanceUid } = row;
  return {
    state: noted(state, words.priority.asking),
    effect: { type: 'prioritise', studyInstanceUid, priority: row.isStat ? lower : 'stat' },
  };
}

/** The box has written it down; the rows follow by themselves. */
export function prioritised(state: State, priority: Priority): Step {
  const text = priority === 'stat' ? words.priority.stat : words.priority.lowered;
  return { state: noted(state, text) };
}
