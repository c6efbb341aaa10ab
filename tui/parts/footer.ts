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
  const key = 'footer';
  if (place.name === 'devices' && place.naming) {
    return text({ wrap: 'truncate', key }, ' ', ...keys(nameHints, looks));
  }
  if (place.name === 'address' && place.by !== undefined) {
    return text({ wrap: 'truncate', key }, ' ', ...keys(addressHints, looks));
  }
  if (place.name === 'words') {
    return text({ wrap: 'truncate', key }, ' ', ...keys(wordsHints, looks));
  }
  if (place.name !== 'list' || !find?.isTyping) {
    return text({ wrap: 'truncate', key }, ' ', ...keys(hintsOf(state), looks));
  }
  const typed = ` ${words.find.prompt} ${drawable(find.text, looks)}_  ${words.find.count(foundCount(state))}  `;
  return text({ wrap: 'truncate', key }, typed, ...keys(findHints, looks));
}

const findHints: readonly Hint[] = [
  { key: words.keyNames['enter'] ?? '', text: words.find.keep },
  { key: words.keyNames['esc'] ?? '', text: words.find.clear },
];

const nameHints: readonly Hint[] = [
  { key: words.keyNames['enter'] ?? '', text: words.devices.decide },
  { key: words.keyNames['esc'] ?? '', text: words.devices.leave },
];

const addressHints: readonly Hint[] = [
  { key: words.keyNames['enter'] ?? '', text: words.address.decide },
  { key: words.keyNames['esc'] ?? '', text: words.address.leave },
];

const wordsHints: readonly Hint[] = [
  { key: words.keyNames['enter'] ?? '', text: words.pairing.confirm },
  { key: words.keyNames['esc'] ?? '', text: words.pairing.leave },
];

function keys(hints: readonly Hint[], looks: Looks): readonly (ReactElement | string)[] {
  return hints.flatMap((hint, index) => [
    index === 0 ? '' : '  ',
    text({ ...lookOf('key', looks), key: hint.key }, hint.key),
    ` ${hint.text}`,
  ]);
}
