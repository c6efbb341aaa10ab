import { words } from '../words/en.ts';
import { alertLine } from './header.ts';
import { type Line, line } from './line.ts';
import { problemLines } from './problems-view.ts';
import { reportHead, reportLines } from './report-view.ts';
import { type State, screenRows } from './state.ts';
import { openStudy, studyFacts, studyHead, studySteps } from './study-view.ts';

/** The part of a screen that scrolls. */
export interface Area {
  readonly lines: readonly Line[];
  /** Rows it has on the screen. */
  readonly rows: number;
}

/** What scrolls where the user is, and how many rows are left for it; the list and the help have rules of their own. */
export function scrollArea(state: State): Area {
  const rows = screenRows(state.size);
  switch (state.place.name) {
    case 'study': {
      const { row } = openStudy(state);
      if (!row) return { lines: [], rows: 1 };
      const above = studyHead(state, row).length + studyFacts(state, row).length;
      return { lines: studySteps(state).lines, rows: Math.max(1, rows - above - 9) };
    }
    case 'report':
      return {
        lines: reportLines(state),
        rows: Math.max(1, rows - reportHead(state).length - 7),
      };
    case 'problems':
      return { lines: problemLines(state), rows: Math.max(1, rows - 6) };
    default:
      return { lines: [], rows: 1 };
  }
}

/** The highest scroll position that still fills the area. */
export function limitOf({ lines, rows }: Area): number {
  return Math.max(0, lines.length - rows);
}

/** The last line above the footer of a screen inside: the last action, silence of the box, or what is shown. */
export function lowLine(state: State, { lines, rows } = scrollArea(state)): Line {
  if (state.note || state.silence) return alertLine(state);
  const { place } = state;
  if (lines.length <= rows || !('scroll' in place)) return line('');
  const first = Math.min(place.scroll, lines.length - rows) + 1;
  return line(` ${words.report.lines(first, first + rows - 1, lines.length)}`);
}
