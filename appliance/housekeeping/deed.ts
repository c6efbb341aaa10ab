import { type Fault, fault } from '#sync/core/fault.ts';
import type { Result } from '#sync/core/result.ts';
import type { BoxFact } from '../store/facts.ts';
import type { NamedInstance } from './ports.ts';

export type DeedFault = Fault<
  | 'deed/unknown-study'
  | 'deed/nothing-to-do'
  | 'deed/same-person'
  | 'deed/pinned'
  | 'deed/which-one'
  | 'deed/which-center'
  | 'deed/left-box'
  | 'deed/not-written-down'
>;

/** A named person and the reason, as typed; both are kept for good. */
export interface Decision {
  readonly by: string;
  readonly reason: string;
}

/** What became of it: how many images, and how many of them the relay has already. */
export interface Done {
  readonly did:
    | 'pinned'
    | 'unpinned'
    | 'archived'
    | 'rejected'
    | 'restored'
    | 'asked'
    | 'discarded'
    | 'decided'
    | 'prioritised'
    | 'resending'
    | 'addressed';
  readonly instances: number;
  readonly alreadyOut: number;
}

export type Outcome = Promise<Result<Done, DeedFault>>;

/** Writes the facts of a deed down and tells what became of it. */
export type Tell = (
  did: Done['did'],
  facts: readonly BoxFact[],
  all: readonly NamedInstance[],
) => Outcome;

/** Instances in one fact at most: a line of the log stays readable, and a study of thousands is several lines. */
export const instancesAFact = 200;

/** Two spellings of one name are one person. */
export function nameOf(text: string): string {
  return text.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
}

export function isGone(state: NamedInstance['state']): boolean {
  return state === 'purged' || state === 'discarded';
}

export function unknownStudy(): DeedFault {
  return fault('deed/unknown-study', 'This box has no such study', 'Check its number in the list');
}

export function nothing(why: string): DeedFault {
  return fault('deed/nothing-to-do', `Nothing was changed: ${why}`, 'Look at the study again');
}

export function notWritten({ message, next }: Fault): DeedFault {
  return fault('deed/not-written-down', `Nothing was changed: ${message}`, next, 'later');
}
