import type { StudyList, StudyRow } from '#appliance/api/contract.ts';
import { inOrder, isInView, matches } from './order.ts';
import { listRows, type State, type View } from './state.ts';

/** The rows that the view and the find text leave, in order. */
export function visibleStudies(state: State): readonly StudyRow[] {
  const { view, find } = state;
  return state.studies.filter(
    (row) => isInView(row, view) && (find === undefined || matches(row, find.text)),
  );
}

/** Index of the cursor among `rows`: the study it was put on, else the first; -1 when there is no row. */
export function cursorIndex(state: State, rows: readonly StudyRow[]): number {
  if (rows.length === 0) return -1;
  return Math.max(
    0,
    rows.findIndex((row) => row.studyInstanceUid === state.cursor),
  );
}

/** The study under the cursor. */
export function studyAtCursor(state: State): StudyRow | undefined {
  const rows = visibleStudies(state);
  return rows[cursorIndex(state, rows)];
}

/**
 * Takes a newer list in. The cursor stays on its study and, where the list is scrolled, on its line; when the study
 * is gone from the view the cursor stays on the line.
 */
export function withStudies(state: State, list: StudyList): State {
  const index = cursorIndex(state, visibleStudies(state));
  const next = {
    ...state,
    studies: inOrder(list.studies, state.held, state.status?.nowAt),
    older: list.older,
    revision: list.revision,
  };
  const rows = visibleStudies(next);
  const isGone = !rows.some((row) => row.studyInstanceUid === state.cursor);
  if (isGone && state.cursor !== undefined) return onRow(next, rows, index);
  const shift = state.top === 0 ? 0 : cursorIndex(next, rows) - index;
  return settled({ ...next, top: state.top + shift });
}

/** Moves the cursor by `rows`; it stops at both ends. */
export function moved(state: State, rows: number): State {
  const visible = visibleStudies(state);
  return onRow(state, visible, cursorIndex(state, visible) + rows);
}

/** Shows another view, cursor on the study it was on when that is there, else on the first. */
export function withView(state: State, view: View): State {
  return settled({ ...state, view });
}

/** Narrows the list to the find text; undefined ends finding, with the cursor on the study that was found. */
export function withFind(state: State, find: State['find']): State {
  const found = find === undefined ? studyAtCursor(state) : undefined;
  return settled({ ...state, find, ...(found && held(found)) });
}

/** The list as it looks to somebody who just came: the cursor untouched, the first rows on the screen. */
export function untouched(state: State): State {
  return {
    ...state,
    cursor: undefined,
    held: undefined,
    top: 0,
    studies: inOrder(state.studies, undefined, state.status?.nowAt),
  };
}

/** Scrolls as little as needed to show the cursor, which leaves a study that the view does not hold. */
export function settled(state: State): State {
  const rows = visibleStudies(state);
  const height = listRows(state.size);
  const index = cursorIndex(state, rows);
  const isLost = rows[index]?.studyInstanceUid !== state.cursor;
  const lowest = Math.max(0, rows.length - height);
  const top = Math.min(Math.max(state.top, index - height + 1), Math.max(index, 0), lowest);
  return {
    ...state,
    top: Math.max(0, top),
    ...(isLost && { cursor: undefined, held: undefined }),
  };
}

function onRow(state: State, rows: readonly StudyRow[], index: number): State {
  const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
  return settled({ ...state, ...(row && held(row)) });
}

function held(row: StudyRow): Pick<State, 'cursor' | 'held'> {
  return { cursor: row.studyInstanceUid, held: row };
}
