import type { StudyRow } from '#appliance/api/contract.ts';
import { isPressing } from './critical.ts';
import type { View } from './state.ts';

/**
 * The studies in the order of the list: critical findings of this week, needs help, then as they will be sent, then
 * what still comes in, then what arrived, newest first. `held` takes its place as it was, so the row under the cursor
 * does not jump.
 */
export function inOrder(
  studies: readonly StudyRow[],
  held: StudyRow | undefined,
  nowAt = '',
): readonly StudyRow[] {
  return studies
    .map((row) => ({
      row,
      key: keyOf(held?.studyInstanceUid === row.studyInstanceUid ? held : row, nowAt),
    }))
    .sort((a, b) => compareKeys(a.key, b.key))
    .map((each) => each.row);
}

/** Whether `row` belongs to `view`. */
export function isInView(row: StudyRow, view: View): boolean {
  switch (view) {
    case 'all':
      return true;
    case 'needs help':
      return row.state === 'needs help';
    case 'on the way':
      return ['receiving', 'waiting', 'sending', 'at center'].includes(row.state);
    case 'delivered':
      return ['delivered', 'report ready', 'read back'].includes(row.state);
  }
}

/** Whether every word of `text` occurs somewhere in what the clinic knows of the study. */
export function matches(row: StudyRow, text: string): boolean {
  const all = [
    row.patientName,
    row.patientId,
    row.accessionNumber,
    row.studyDescription,
    row.modality,
    row.callingAeTitle,
    row.isStat ? 'STAT' : '',
  ]
    .join('\n')
    .toLowerCase();
  return text
    .toLowerCase()
    .split(' ')
    .every((word) => all.includes(word));
}

/** Compared number by number; smaller comes first. */
type Key = readonly number[];

const groups = {
  'needs help': 0,
  sending: 1,
  waiting: 1,
  receiving: 2,
  'at center': 3,
  delivered: 4,
  'report ready': 4,
  'read back': 4,
  'set aside': 5,
  outside: 4,
} as const satisfies Record<StudyRow['state'], number>;

function keyOf(row: StudyRow, nowAt: string): Key {
  if (isPressing(row, nowAt)) return [-1, -msOf(row.stateAt ?? row.arrivedAt)];
  const group = groups[row.state];
  if (group === 1) {
    return [
      group,
      row.turn?.place ?? Number.MAX_SAFE_INTEGER,
      row.isStat ? 0 : 1,
      row.state === 'sending' ? 0 : 1,
      row.secondsLeft ?? Number.MAX_SAFE_INTEGER,
      msOf(row.arrivedAt),
    ];
  }
  return [group, -msOf(group < 3 ? row.arrivedAt : (row.stateAt ?? row.arrivedAt))];
}

function msOf(iso: string): number {
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? 0 : ms;
}

function compareKeys(a: Key, b: Key): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
