import type { Clock } from '#sync/core/clock.ts';
import type { Letter } from '#sync/letters/letter.ts';
import type { Center } from '../ports-pairing.ts';

/** A list that was only overtaken by a letter is here long before. */
const patienceMs = 3_600_000;

/**
 * Notices key lists that somebody keeps from this box: every letter of a center names its newest one (pairing design,
 * key list). A relay can hold a list back, and with it a revocation, but no letter of the center without the number.
 */
export interface KeyListWatch {
  /** A letter of `center` that passed every check named this list. */
  named(center: Pick<Center, 'root' | 'keyList'>, letter: Letter): void;
  /** How many of `centers` named a list that did not come for an hour. Forgotten at a restart, until the next letter. */
  behind(centers: readonly Pick<Center, 'root' | 'keyList'>[]): number;
}

export function createKeyListWatch(clock: Pick<Clock, 'monotonicMs'>): KeyListWatch {
  const named = new Map<string, { readonly list: number; readonly sinceMs: number }>();
  return {
    named: ({ root, keyList }, letter) => {
      const list = listOf(letter);
      if (list === undefined || list <= keyList.list) return;
      const known = named.get(root);
      // The wait goes on from the first list that is missed; a newer one does not begin it anew.
      const isMissed = known !== undefined && known.list > keyList.list;
      if (isMissed && known.list >= list) return;
      named.set(root, { list, sinceMs: isMissed ? known.sinceMs : clock.monotonicMs() });
    },
    behind: (centers) =>
      centers.filter(({ root, keyList }) => {
        const known = named.get(root);
        return (
          known !== undefined &&
          known.list > keyList.list &&
          clock.monotonicMs() - known.sinceMs >= patienceMs
        );
      }).length,
  };
}

function listOf(letter: Letter): number | undefined {
  if (letter.kind === 'report') return letter.report.meta.list;
  if (letter.kind === 'receipt') return 'list' in letter.receipt ? letter.receipt.list : undefined;
  if (letter.kind === 'control') return 'list' in letter.control ? letter.control.list : undefined;
  return undefined;
}
