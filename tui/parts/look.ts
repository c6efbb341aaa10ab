import type { TextProps } from 'ink';
import type { Tone } from '../model/line.ts';
import type { Looks } from '../model/state.ts';

/**
 * All colours of the screen. Yellow against cyan, never red against green; bold carries the meaning where there is
 * no colour. Dim and dark blue are absent on purpose: consoles do not show them.
 */
export function lookOf(tone: Tone | 'key', looks: Looks): TextProps {
  const color = (name: string): TextProps => (looks.hasColor ? { color: name } : {});
  switch (tone) {
    case 'title':
    case 'key':
      return { bold: true };
    case 'trouble':
      return { bold: true, ...color('yellow') };
    case 'motion':
      return color('cyan');
    case 'plain':
      return {};
  }
}
