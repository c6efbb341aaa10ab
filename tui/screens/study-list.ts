import type { ReactElement } from 'react';
import { alertLine } from '../model/header.ts';
import { line } from '../model/line.ts';
import { rangeText, tableHead, tableLines, viewsLine } from '../model/list-view.ts';
import type { State } from '../model/state.ts';
import { page } from '../parts/page.ts';
import { row, rows, rule } from '../parts/rows.ts';

/** All studies of the box: what needs help, what is on its way, what arrived. */
export function studyList(state: State): ReactElement {
  const { looks } = state;
  return page(state, undefined, [
    row(alertLine(state), looks, 'alert'),
    rule(state, 'rule-alert'),
    row(viewsLine(state), looks, 'views'),
    rule(state, 'rule-views'),
    row(tableHead(state), looks, 'head'),
    ...rows(tableLines(state), looks, 'study'),
    row(line(rangeText(state)), looks, 'range'),
  ]);
}
