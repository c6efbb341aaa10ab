import type { ReactElement } from 'react';
import { foundCount } from '../model/find.ts';
import { type Hint, hintsOf } from '../model/keymap.ts';
import type { Looks, State } from '../model/state.ts';
import { words } from '../words/en.ts';
import { text } from './elements.ts';
import { lookOf } from './look.ts';
import { drawable } from './rows.ts';

/** The last row: the keys that work now, or the find text while it is typed. */
export function footer(state: State): ReactElement {
  const { find, looks, place } = state;
  const { devices, address, pairing } = words;
  if (place.name === 'devices' && place.naming) {
    return row(typing(devices.decide, devices.leave), looks);
  }
  if (place.name === 'address' && place.by !== undefined) {
    return row(typing(address.decide, address.leave), looks);
  }
  if (place.name === 'words') return row(typing(pairing.confirm, pairing.leave), looks);
  if (place.name !== 'list' || !find?.isTyping) return row(hintsOf(state), looks);
  const { prompt, count, keep, clear } = words.find;
  const typed = ` ${prompt} ${drawable(find.text, looks)}_  ${count(foundCount(state))}  `;
  return row(typing(keep, clear), looks, typed);
}

function row(hints: readonly Hint[], looks: Looks, lead = ' '): ReactElement {
  return text({ wrap: 'truncate', key: 'footer' }, lead, ...keys(hints, looks));
}

/** While something is typed, two keys are no letters. */
function typing(enter: string, esc: string): readonly Hint[] {
  return [
    { key: words.keyNames['enter'] ?? '', text: enter },
    { key: words.keyNames['esc'] ?? '', text: esc },
  ];
}

function keys(hints: readonly Hint[], looks: Looks): readonly (ReactElement | string)[] {
  return hints.flatMap((hint, index) => [
    index === 0 ? '' : '  ',
    text({ ...lookOf('key', looks), key: hint.key }, hint.key),
    ` ${hint.text}`,
  ]);
}
