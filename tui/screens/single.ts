import type { ReactElement } from 'react';
import { line } from '../model/line.ts';
import { type Silence, type State, screenRows, smallest } from '../model/state.ts';
import { wrap } from '../model/text-width.ts';
import { box, text } from '../parts/elements.ts';
import { row, rows } from '../parts/rows.ts';
import { words } from '../words/en.ts';

/** One clear sentence instead of a broken screen. */
export function tooSmall({ size }: State): ReactElement {
  const sentence = words.tooSmall(smallest.columns, smallest.rows);
  return box({ width: size.columns, height: screenRows(size) }, text({ wrap: 'wrap' }, sentence));
}

/** Before the first answer of the box. */
export function starting(state: State): ReactElement {
  return centered(state, [row(line(` ${words.silence.starting}`), state.looks, 'starting')]);
}

/** The box has not answered since this screen was opened: what that means, and what to do. */
export function notAnswering(state: State, silence: Silence): ReactElement {
  const { looks } = state;
  const lines = words.silence.lines[silence].flatMap((each) =>
    wrap(each, state.size.columns - 4).map((part) => line(`    ${part}`)),
  );
  return centered(state, [
    row(line(` !! ${words.silence[silence]}`, 'trouble'), looks, 'what'),
    row(line(''), looks, 'space'),
    ...rows(lines, looks, 'line'),
    row(line(''), looks, 'space-code'),
    row(line(`    ${words.study.code} ${words.silence.codes[silence]}`), looks, 'code'),
    row(line(`    ${words.silence.leave}`), looks, 'leave'),
  ]);
}

function centered(state: State, body: readonly ReactElement[]): ReactElement {
  const { columns } = state.size;
  const height = screenRows(state.size);
  return box({ flexDirection: 'column', width: columns, height, paddingTop: 6 }, ...body);
}
