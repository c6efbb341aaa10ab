/** How a line looks; `parts/look.ts` turns it into colours, and nothing is lost without them. */
export type Tone = 'plain' | 'title' | 'trouble' | 'motion';

/** One row of the screen. `text` is at most as wide as the window. */
export interface Line {
  readonly text: string;
  readonly tone: Tone;
  readonly isCursor?: boolean;
}

export function line(text: string, tone: Tone = 'plain'): Line {
  return { text, tone };
}

/** The window of `lines` that shows `rows` of them from `scroll` on; `scroll` beyond the end shows the last ones. */
export function windowOf<T>(lines: readonly T[], scroll: number, rows: number): readonly T[] {
  const first = Math.max(0, Math.min(scroll, lines.length - rows));
  return lines.slice(first, first + rows);
}

/** Exactly `rows` lines: the first ones of `lines`, then empty ones. */
export function filled(lines: readonly Line[], rows: number): readonly Line[] {
  const missing = Math.max(0, rows - lines.length);
  return [...lines.slice(0, rows), ...Array.from({ length: missing }, () => line(''))];
}
