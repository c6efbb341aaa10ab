import type { ReactElement } from 'react';
import { addressLines } from '../model/address-view.ts';
import { titleOf } from '../model/header.ts';
import type { State } from '../model/state.ts';
import { page } from '../parts/page.ts';
import { rows } from '../parts/rows.ts';
import { words } from '../words/en.ts';

/** The centers that a study can be sent to, and the name of the person who decides. */
export function address(state: State): ReactElement {
  return page(state, titleOf(words.header.address), [
    ...rows(addressLines(state), state.looks, 'address'),
  ]);
}
