import type { ReactElement } from 'react';
import { deviceHead, deviceLines, deviceWords } from '../model/devices-view.ts';
import { titleOf } from '../model/header.ts';
import type { State } from '../model/state.ts';
import { page } from '../parts/page.ts';
import { row, rows, rule } from '../parts/rows.ts';
import { words } from '../words/en.ts';

/** The devices that called this box, and the person's word about each. */
export function devices(state: State): ReactElement {
  const { looks } = state;
  return page(state, titleOf(words.header.devices), [
    row(deviceHead(), looks, 'head'),
    ...rows(deviceLines(state), looks, 'device'),
    rule(state, 'rule-words'),
    ...rows(deviceWords(state), looks, 'words'),
  ]);
}
