import type { ReactElement } from 'react';
import { titleOf } from '../model/header.ts';
import { lowLine, scrollArea } from '../model/layout.ts';
import { filled, windowOf } from '../model/line.ts';
import { reportHead } from '../model/report-view.ts';
import type { State } from '../model/state.ts';
import { openName } from '../model/study-view.ts';
import { page } from '../parts/page.ts';
import { row, rows, rule } from '../parts/rows.ts';
import { words } from '../words/en.ts';

/** One report: whose and by whom, every warning, then its text or how to get the document. */
export function report(state: State): ReactElement {
  const { looks, place } = state;
  const area = scrollArea(state);
  const scroll = place.name === 'report' ? place.scroll : 0;
  return page(state, titleOf(words.header.report, openName(state)), [
    ...rows(reportHead(state), looks, 'about'),
    rule(state, 'rule-about'),
    ...rows(filled(windowOf(area.lines, scroll, area.rows), area.rows), looks, 'line'),
    row(lowLine(state), looks, 'low'),
  ]);
}
