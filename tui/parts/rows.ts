import type { ReactElement } from 'react';
import { ruleText } from '../model/header.ts';
import type { Line } from '../model/line.ts';
import type { Looks, State } from '../model/state.ts';
import { asciiOnly } from '../model/text-width.ts';
import { text } from './elements.ts';
import { lookOf } from './look.ts';

/** One row of the screen is one text; the space keeps an empty row at its height. */
export function row(line: Line, looks: Looks, key: string): ReactElement {
  const inverse = line.isCursor === true;
  return text(
    { ...lookOf(line.tone, looks), inverse, wrap: 'truncate', key },
    drawable(line.text, looks) || ' ',
  );
}

/** Rows in order; `name` tells them from the other rows of the page. */
export function rows(lines: readonly Line[], looks: Looks, name: string): readonly ReactElement[] {
  return lines.map((line, index) => row(line, looks, `${name}-${index}`));
}

/** A calm line between two parts of a page; the one below the header may carry a label. */
export function rule(state: State, key: string, isHeader = false): ReactElement {
  const dash = state.looks.hasLines ? '\u2500' : '-';
  return text({ wrap: 'truncate', key }, ruleText(state, dash, isHeader));
}

/** What the terminal can show of `value`. */
export function drawable(value: string, looks: Looks): string {
  return looks.isUtf8 ? value : asciiOnly(value);
}
