import type { Standing } from '../callers/ports.ts';

/** `accept-sender`: it may bring images and ask what a sender asks, and is shown none. */
export type Admission =
  | 'accept'
  | 'accept-sender'
  | { readonly reject: 'calling-ae' | 'called-ae' | 'busy' };

/**
 * Decides about an association before anything of it is read. A wrong called title comes first, since it is the
 * usual slip of an engineer; `busy` (transient) while the disk is full, so that a modality keeps its images.
 */
export function admit(
  caller: { readonly calledAeTitle: string },
  aeTitles: readonly string[],
  standing: Standing,
  isFull: boolean,
): Admission {
  if (!aeTitles.includes(caller.calledAeTitle)) return { reject: 'called-ae' };
  if (standing !== 'known' && standing !== 'moved') return { reject: 'calling-ae' };
  if (isFull) return { reject: 'busy' };
  return standing === 'moved' ? 'accept-sender' : 'accept';
}
