import type { ReactElement } from 'react';
import { titleOf } from '../model/header.ts';
import { lowLine, scrollArea } from '../model/layout.ts';
import { filled, line, windowOf } from '../model/line.ts';
import type { State } from '../model/state.ts';
import { openName, openStudy, studyFacts, studyHead, studySteps } from '../model/study-view.ts';
import { page } from '../parts/page.ts';
import { row, rows, rule } from '../parts/rows.ts';
import { words } from '../words/en.ts';

/** One study: its state and what to do, who and what it is, and every step it took. */
export function study(state: State): ReactElement {
  const { looks, place } = state;
  const title = titleOf(words.header.study, openName(state));
  const { row: known } = openStudy(state);
  if (!known || place.name !== 'study') {
    return page(state, title, [row(line(` ${words.study.gone}`), looks, 'gone')]);
  }
  const area = scrollArea(state);
  const steps = windowOf(area.lines, place.scroll, area.rows);
  return page(state, title, [
    ...rows(studyHead(state, known), looks, 'state'),
    rule(state, 'rule-state'),
    ...rows(studyFacts(state, known), looks, 'fact'),
    rule(state, 'rule-facts'),
    row(studySteps(state).head, looks, 'head'),
    ...rows(filled(steps, area.rows), looks, 'step'),
    row(lowLine(state), looks, 'low'),
  ]);
}
