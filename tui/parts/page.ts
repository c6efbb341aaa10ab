import type { ReactElement } from 'react';
import { headerLines } from '../model/header.ts';
import { type State, screenRows } from '../model/state.ts';
import { box } from './elements.ts';
import { footer } from './footer.ts';
import { rows, rule } from './rows.ts';

/**
 * A whole screen: header, `body`, footer. It is one row lower than the terminal, because Ink redraws everything at
 * full height; the body fills what is left, so the footer never moves.
 */
export function page(
  state: State,
  title: string | undefined,
  body: readonly ReactElement[],
): ReactElement {
  const { columns } = state.size;
  return box(
    { flexDirection: 'column', width: columns, height: screenRows(state.size) },
    ...rows(headerLines(state, title), state.looks, 'header'),
    rule(state, 'rule-header', true),
    box({ key: 'body', flexDirection: 'column', flexGrow: 1 }, ...body),
    rule(state, 'rule-footer'),
    footer(state),
  );
}
