import type { ReactElement } from 'react';
import { isTooSmall, type State } from '../model/state.ts';
import { address } from './address.ts';
import { devices } from './devices.ts';
import { help } from './help.ts';
import { problems } from './problems.ts';
import { report } from './report.ts';
import { notAnswering, starting, tooSmall } from './single.ts';
import { study } from './study.ts';
import { studyList } from './study-list.ts';
import { pairingWords } from './words.ts';

/** The screen of a state: nothing here remembers anything. */
export function screen(state: State): ReactElement {
  if (isTooSmall(state.size)) return tooSmall(state);
  if (!state.status) return state.silence ? notAnswering(state, state.silence) : starting(state);
  switch (state.place.name) {
    case 'list':
      return studyList(state);
    case 'study':
      return study(state);
    case 'report':
      return report(state);
    case 'devices':
      return devices(state);
    case 'address':
      return address(state);
    case 'words':
      return pairingWords(state);
    case 'problems':
      return problems(state);
    case 'help':
      return help(state);
  }
}
