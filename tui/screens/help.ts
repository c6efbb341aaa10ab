import type { ReactElement } from 'react';
import { titleOf } from '../model/header.ts';
import { helpLines } from '../model/keymap.ts';
import { line } from '../model/line.ts';
import type { State } from '../model/state.ts';
import { page } from '../parts/page.ts';
import { rows } from '../parts/rows.ts';
import { words } from '../words/en.ts';

/** The key table, printed with one sentence per key. */
export function help(state: State): ReactElement {
  const last = [line(''), line(` ${words.helpGlyphs}`), line(` ${words.helpSafe}`)];
  return page(state, titleOf(words.header.help), [
    ...rows([...helpLines(), ...last], state.looks, 'help'),
  ]);
}
