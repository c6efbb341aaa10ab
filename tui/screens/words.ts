import type { ReactElement } from 'react';
import { titleOf } from '../model/header.ts';
import { wordsLines } from '../model/pairing.ts';
import type { State } from '../model/state.ts';
import { page } from '../parts/page.ts';
import { rows } from '../parts/rows.ts';
import { words } from '../words/en.ts';

/** The words of a pairing: those to read out, and those that the center reads. */
export function pairingWords(state: State): ReactElement {
  return page(state, titleOf(words.header.pairing), [
    ...rows(wordsLines(state), state.looks, 'words'),
  ]);
}
