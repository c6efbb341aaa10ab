import type { StudyRow } from '#appliance/api/contract.ts';
import { words } from '../words/en.ts';
import { filled, type Line, line } from './line.ts';
import { cursorIndex, visibleStudies } from './list.ts';
import { isInView } from './order.ts';
import { modalityOf, personName, shown, statusOf } from './shown.ts';
import { listRows, type State, views } from './state.ts';
import { cut, padEnd, padStart } from './text-width.ts';
import { aboutText, type LocalTime, minutesApart, momentText, nearTime } from './time.ts';

/** The line of the four views; the one that is shown is in capitals. */
export function viewsLine(state: State): Line {
  const parts = views.map((view, index) => {
    const count = state.studies.filter((row) => isInView(row, view)).length;
    const name = words.list.views[view];
    return `[${index + 1}] ${view === state.view ? name.toUpperCase() : name} ${count}`;
  });
  const waiting = state.status?.counts.worklist ?? 0;
  if (waiting > 0) parts.push(words.list.worklist(waiting));
  return line(cut(` ${words.list.view} ${parts.join('  ')}`, state.size.columns));
}

/** Head of the table. */
export function tableHead(state: State): Line {
  const { status, patient, type, taken, images, when } = words.list.columns;
  const cells = [padEnd(patient, patientWidth(state)), padEnd(type, 4), padEnd(taken, 11)];
  return line(`${' '.repeat(6)}${padEnd(status, 14)}${cells.join(' ')} ${images}  ${when}`);
}

/** Exactly as many lines as the list has rows on the screen; only these rows are ever drawn. */
export function tableLines(state: State): readonly Line[] {
  const rows = visibleStudies(state);
  const height = listRows(state.size);
  if (rows.length === 0) return filled([line(''), line(`      ${emptyText(state)}`)], height);
  const cursor = cursorIndex(state, rows);
  const window = rows.slice(state.top, state.top + height);
  return filled(
    window.map((row, index) => rowLine(state, row, state.top + index === cursor)),
    height,
  );
}

/** One study in one line. */
export function rowLine(state: State, row: StudyRow, isCursor: boolean): Line {
  const { status, calendar } = state;
  const now = calendar(status?.nowAt ?? row.arrivedAt) ?? { ...epoch };
  const { glyph, word, tone } = statusOf(row);
  const cells = [
    patientCell(state, row),
    padEnd(modalityOf(row), 4),
    padEnd(takenText(state, row, now), 11),
    `${padStart(String(row.instanceCount), 6)} `,
    padEnd(lastText(state, row, now), 12),
  ];
  const lead = ` ${isCursor ? '>' : ' '} ${glyph} ${padEnd(word, 14)}`;
  return { text: lead + cells.join(' '), tone, isCursor };
}

/** The line below the table: which rows these are, and their order. */
export function rangeText(state: State): string {
  const count = visibleStudies(state).length;
  const last = Math.min(count, state.top + listRows(state.size));
  const range = words.list.range(count === 0 ? 0 : state.top + 1, last, count);
  const found = state.find && words.find.kept(shown(state.find.text));
  const older = state.older > 0 && words.list.older(state.older);
  return cut(` ${range}   ${found ?? (older || words.list.order)}`, state.size.columns);
}

const epoch: LocalTime = { year: 1970, month: 1, day: 1, hour: 0, minute: 0 };

/** Columns of the patient's name; a wider window gives all it has to it. */
function patientWidth(state: State): number {
  return 22 + state.size.columns - 80;
}

function patientCell(state: State, row: StudyRow): string {
  const width = patientWidth(state);
  const known = row.isNotHere
    ? words.list.notHere(shown(row.patientId))
    : personName(row.patientName);
  const name = state.areNamesHidden ? words.list.hiddenName : known;
  if (!row.isStat) return padEnd(name, width);
  const mark = words.list.stat;
  return `${padEnd(name, width - mark.length - 1)} ${mark}`;
}

/** A study that still comes in was taken `now`, unless the images are older than a quarter of an hour. */
function takenText(state: State, row: StudyRow, now: LocalTime): string {
  const taken = state.calendar(row.takenAt);
  if (row.state !== 'receiving' || !taken) return nearTime(taken, now);
  const minutes = minutesApart(taken, now);
  return minutes >= 0 && minutes < 15 ? words.now : nearTime(taken, now);
}

function lastText(state: State, row: StudyRow, now: LocalTime): string {
  switch (row.state) {
    case 'needs help':
      return words.list.pressEnter;
    case 'receiving':
      return fromText(row.callingAeTitle.trim());
    case 'waiting':
    case 'sending':
      return row.secondsLeft === null ? '' : aboutText(row.secondsLeft);
    default:
      return row.stateAt === null ? '' : momentText(state.calendar(row.stateAt), now);
  }
}

function fromText(aeTitle: string): string {
  if (aeTitle === '') return words.list.fromFile;
  const title = shown(aeTitle);
  return words.list.from(title).length <= 12 ? words.list.from(title) : title;
}

function emptyText(state: State): string {
  if (state.revision === undefined) return words.list.asking;
  if (state.find) return words.list.noneFound;
  return state.view === 'all' ? words.list.noStudies : words.list.noneInView;
}
