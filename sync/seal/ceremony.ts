import { type Fault, fault } from '../core/fault.ts';
import { fail } from '../core/result.ts';

/** Wrong attempts at the words that close a ticket, at either end. */
export const maxWrongAttempts = 3;

/** Why a ceremony does not move, or what a person must hear of how it moved. */
export type CeremonyFault = Fault<
  | 'pairing/not-now'
  | 'pairing/other-site'
  | 'pairing/key-list-refused'
  | 'pairing/other-grant'
  | 'pairing/words-wrong'
  | 'pairing/closed'
  | 'pairing/refused'
  | 'pairing/revoked'
  | 'pairing/expired'
  | 'pairing/disputed'
  | 'pairing/ticket-used'
  | 'pairing/return-refused'
  | 'pairing/which-operator'
  | 'pairing/same-operator'
>;

/**
 * One arrow of a ceremony. Store `next` durably first, then act on it, and then tell a person the `notice`, if any.
 * `next` is the record that came in, the same object, when nothing changed.
 */
export interface Step<R> {
  readonly next: R;
  readonly notice?: CeremonyFault;
}

/** An event that has no arrow from where the record is: nothing is stored. */
export function refuseStep(
  kind: CeremonyFault['kind'],
  message: string,
  next: string,
): { readonly ok: false; readonly fault: CeremonyFault } {
  return fail(fault(kind, message, next));
}

/** What the person hears who typed other words; `next` is what to do about it. */
export function wrongWords(attempt: number, next: string): CeremonyFault {
  const message = `These are not the words, attempt ${attempt} of ${maxWrongAttempts}`;
  return fault('pairing/words-wrong', message, next, 'now');
}
