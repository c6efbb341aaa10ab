import type { SealedFact } from '../store/facts.ts';

/** The study that a pack belongs to, with the group that its packs share. */
export interface PackedStudy {
  readonly study: string;
  readonly isStat: boolean;
  readonly group: string;
}

/** What is known of a pack before it is sealed. */
export type KeptFact = Omit<SealedFact, 'fact' | 'atMs' | 'center' | 'sizeBytes' | 'packId'>;

/** The fact of a pack of `study`. */
export function factOf(study: PackedStudy, kind: 'data' | 'manifest'): KeptFact {
  return { kind, study: study.study, class: study.isStat ? 0 : 2, group: study.group };
}
