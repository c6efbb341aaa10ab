import type { Looks } from './model/state.ts';

/** What the process was started with; passed in, so tests decide. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isInputTty: boolean;
  readonly isOutputTty: boolean;
}

/** What the terminal can do. `canHoldScreen` false: print the list once instead. */
export interface Capabilities extends Looks {
  readonly canHoldScreen: boolean;
}

/**
 * Finds out what the terminal can show. ASCII without colour is the base; everything else must be known to work:
 * `NO_COLOR` (no-color.org), `TERM=dumb`, the Linux console with its few glyphs, the locale for UTF-8.
 */
export function capabilitiesOf({ env, isInputTty, isOutputTty }: Surroundings): Capabilities {
  const term = env['TERM'] ?? '';
  const isDumb = term === '' || term === 'dumb';
  const isUtf8 = /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
  return {
    canHoldScreen: isInputTty && isOutputTty && !isDumb,
    hasColor: !isDumb && !env['NO_COLOR'],
    isUtf8,
    hasLines: isUtf8 && !isDumb && term !== 'linux',
  };
}
