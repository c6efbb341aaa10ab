import type { Standing } from '../callers/ports.ts';

export type Admission = 'accept' | { readonly reject: 'calling-ae' | 'called-ae' | 'busy' };

/**
 * Decides about an association before anything of it is read. A wrong called title comes first, since it is the
 * usual slip of an engineer; `busy` (transient) while the disk is full, so that a modality keeps its images. A device
 * that moved is let in: what it may see is decided by the address it has in the config (`query/may-query.ts`).
 */
export function admit(
  caller: { readonly calledAeTitle: string },
  aeTitles: readonly string[],
  standing: Standing,
  isFull: boolean,
): Admission {
  if (!aeTitles.includes(caller.calledAeTitle)) return { reject: 'called-ae' };
  if (standing !== 'known' && standing !== 'moved') return { reject: 'calling-ae' };
  return isFull ? { reject: 'busy' } : 'accept';
}
