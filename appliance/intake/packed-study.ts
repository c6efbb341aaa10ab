import type { SealedFact } from '../store/facts.ts';

/** The study that a pack belongs to, with the group that its packs share. */
export interface PackedStudy {
  readonly study: string;
  readonly class: 0 | 1 | 2 | 3;
  readonly group: string;
}

/** What is known of a pack before it is sealed. */
export type KeptFact = Omit<
  SealedFact,
  'fact' | 'atMs' | 'center' | 'kid' | 'sizeBytes' | 'packId'
>;

/** The fact of a pack of `study`. */
export function factOf(study: PackedStudy, kind: 'data' | 'manifest'): KeptFact {
  return { kind, study: study.study, class: study.class, group: study.group };
}
