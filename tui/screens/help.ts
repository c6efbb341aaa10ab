import type { ReactElement } from 'react';
import { titleOf } from '../model/header.ts';
import { areaOf } from '../model/keymap.ts';
import { lowLine } from '../model/layout.ts';
import { filled, windowOf } from '../model/line.ts';
import type { State } from '../model/state.ts';
import { page } from '../parts/page.ts';
import { row, rows } from '../parts/rows.ts';
import { words } from '../words/en.ts';

/** The key table, printed with one sentence per key. */
export function help(state: State): ReactElement {
  const { looks, place } = state;
  const area = areaOf(state);
  const scroll = place.name === 'help' ? place.scroll : 0;
  return page(state, titleOf(words.header.help), [
    ...rows(filled(windowOf(area.lines, scroll, area.rows), area.rows), looks, 'help'),
    row(lowLine(state, area), looks, 'low'),
  ]);
}
