import type { BoxFact } from './facts.ts';

/** Records whose bytes are not needed any more although their segment is still there. */
export interface Graves {
  /** Takes a fact; any order of other facts between makes no difference. */
  note(fact: BoxFact): void;
  readonly has: (record: { readonly segment: string; readonly recordOffset: number }) => boolean;
}

/** Remembers the dead records of segments that are not reclaimed yet: a small part of all that was ever purged. */
export function createGraves(): Graves {
  const offsets = new Map<string, Set<number>>();
  const reclaimed = new Set<string>();
  return {
    note: (fact) => {
      if (fact.fact === 'reclaimed') {
        reclaimed.add(fact.segment);
        offsets.delete(fact.segment);
      } else if (fact.fact === 'purged' || fact.fact === 'discarded') {
        for (const [segment, offset] of fact.instances.flatMap(({ places }) => places)) {
          if (reclaimed.has(segment)) continue;
          const known = offsets.get(segment) ?? new Set();
          offsets.set(segment, known.add(offset));
        }
      }
    },
    has: ({ segment, recordOffset }) =>
      reclaimed.has(segment) || offsets.get(segment)?.has(recordOffset) === true,
  };
}
