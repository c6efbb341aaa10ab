import { words } from '../words/en.ts';
import { alertLine, headerLines } from './header.ts';
import type { Line } from './line.ts';
import { visibleStudies } from './list.ts';
import { rowLine, tableHead, viewsLine } from './list-view.ts';
import type { State } from './state.ts';

/** The whole list as lines of text, for screen readers and scripts: no cursor, nothing cut off at the bottom. */
export function plainLines(state: State): readonly string[] {
  const rows = visibleStudies(state).map((row) => rowLine(state, row, false));
  const zones = state.status?.zones === 'off' ? [` ${words.header.zonesOff}`] : [];
  const body: readonly Line[] = rows.length > 0 ? [tableHead(state), ...rows] : [];
  const none = rows.length > 0 ? [] : [` ${words.list.noStudies}`];
  return [
    ...headerLines(state).map((each) => each.text),
    ...zones,
    alertLine(state, false).text,
    viewsLine(state).text,
    ...body.map((each) => each.text),
    ...none,
  ].map((text) => text.trimEnd());
}
