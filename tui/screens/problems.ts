import type { ReactElement } from 'react';
import { titleOf } from '../model/header.ts';
import { lowLine, scrollArea } from '../model/layout.ts';
import { filled, windowOf } from '../model/line.ts';
import type { State } from '../model/state.ts';
import { page } from '../parts/page.ts';
import { row, rows } from '../parts/rows.ts';
import { words } from '../words/en.ts';

/** Everything that is wrong with the box, what to do about it, and the codes for support. */
export function problems(state: State): ReactElement {
  const { looks, place } = state;
  const area = scrollArea(state);
  const scroll = place.name === 'problems' ? place.scroll : 0;
  return page(state, titleOf(words.header.problems), [
    ...rows(filled(windowOf(area.lines, scroll, area.rows), area.rows), looks, 'line'),
    row(lowLine(state), looks, 'low'),
  ]);
}
