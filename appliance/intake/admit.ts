import type { Caller } from '../ports.ts';

/** Who may send, from config: everybody, or AE titles, with an address where it never changes. */
export type CallerList =
  | 'any'
  | readonly { readonly aeTitle: string; readonly address?: string | undefined }[];

export interface AdmissionRules {
  readonly aeTitles: readonly string[];
  readonly callers: CallerList;
}

export type Admission = 'accept' | { readonly reject: 'calling-ae' | 'called-ae' | 'busy' };

/**
 * Decides about an association before anything of it is read. A wrong called title comes first, since it is the
 * usual slip of an engineer; `busy` (transient) while the disk is full, so that a modality keeps its images.
 */
export function admit(caller: Caller, rules: AdmissionRules, isFull: boolean): Admission {
  if (!rules.aeTitles.includes(caller.calledAeTitle)) return { reject: 'called-ae' };
  if (!isKnownCaller(caller, rules.callers)) return { reject: 'calling-ae' };
  return isFull ? { reject: 'busy' } : 'accept';
}

/** Whether the list names this caller; an address in the list must fit, IPv4 also as `::ffff:a.b.c.d`. */
export function isKnownCaller(caller: Caller, callers: CallerList): boolean {
  if (callers === 'any') return true;
  const address = caller.address.replace(/^::ffff:/i, '');
  return callers.some(
    (known) =>
      known.aeTitle === caller.callingAeTitle &&
      (known.address === undefined || known.address === address),
  );
}
