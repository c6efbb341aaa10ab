import type { CallerBook, CallerDecision } from './ports.ts';

/** Who may call, from config: everybody, or AE titles. */
export type CallerList = 'any' | readonly ListedCaller[];

export interface ListedCaller {
  readonly aeTitle: string;
  /** A hint, since devices move: from elsewhere it may still send, and a person is asked. */
  readonly address?: string | undefined;
  /** SHA-256 (hex) of the only certificate it may call with. */
  readonly certificateSha256?: string | undefined;
}

/** The book of `callers` with what was decided before. */
export function createCallerBook(
  callers: CallerList,
  decisions: readonly CallerDecision[] = [],
): CallerBook {
  const newest = new Map<string, CallerDecision>();
  const keyOf = (aeTitle: string, address: string): string => `${aeTitle}\\${plain(address)}`;
  const decide = (decision: CallerDecision): void => {
    newest.set(keyOf(decision.aeTitle, decision.address), decision);
  };
  for (const decision of decisions) decide(decision);

  return {
    standingOf: (caller) => {
      const { callingAeTitle: title, address, certificateSha256 } = caller;
      const listed = callers === 'any' ? [] : callers.filter(({ aeTitle }) => aeTitle === title);
      const certified = listed.filter((each) => each.certificateSha256 !== undefined);
      const decision = newest.get(keyOf(title, address));
      if (certified.length > 0) {
        if (decision?.verdict === 'refused') return 'refused';
        const isProven = certified.some((each) => each.certificateSha256 === certificateSha256);
        return isProven ? 'known' : 'uncertified';
      }
      if (decision) return decision.verdict === 'accepted' ? 'known' : 'refused';
      if (callers === 'any') return 'known';
      const isHere = listed.some(
        (each) => each.address === undefined || plain(each.address) === plain(address),
      );
      if (isHere) return 'known';
      const wasAccepted = [...newest.values()].some(
        ({ aeTitle, verdict }) => aeTitle === title && verdict === 'accepted',
      );
      return listed.length > 0 || wasAccepted ? 'moved' : 'unknown';
    },
    decisionOf: (aeTitle, address) => newest.get(keyOf(aeTitle, address)),
    decide,
  };
}

/** IPv4 in its short form, also where it came in through an IPv6 socket. */
function plain(address: string): string {
  return address.replace(/^::ffff:/i, '');
}
