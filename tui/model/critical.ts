import type { StudyRow } from '#appliance/api/contract.ts';
import type { State } from './state.ts';
import { openStudy } from './study-view.ts';
import { minutesBetween } from './time.ts';

/** Longer than the longest holidays of a clinic; the row says it for ever. */
const pressingMinutes = 7 * 24 * 60;

/** Whether the study stands before all others: its report names a critical finding, and came within a week. */
export function isPressing({ isCritical, stateAt }: StudyRow, nowAt: string): boolean {
  return isCritical === true && (!stateAt || minutesBetween(stateAt, nowAt) < pressingMinutes);
}

/** Studies with a critical finding that nobody has read on this screen yet. */
export function unreadCritical({ studies, status, seen }: State): readonly StudyRow[] {
  const nowAt = status?.nowAt ?? '';
  return studies.filter((row) => isPressing(row, nowAt) && !seen.has(keyOf(row)));
}

/** The report that is open can be read, so its finding needs no alarm on this screen any more. */
export function withSeen(state: State): State {
  const { row } = openStudy(state);
  const isRead = state.place.name === 'report' && !state.areNamesHidden;
  if (!isRead || !row?.isCritical || state.seen.has(keyOf(row))) return state;
  return { ...state, seen: new Set([...state.seen, keyOf(row)]) };
}

/** A newer report is unread again. */
function keyOf({ studyInstanceUid, stateAt }: StudyRow): string {
  return `${studyInstanceUid} ${stateAt}`;
}
