import type { BoxFact } from './facts.ts';

/** Records whose bytes are not needed any more although their segment is still there. */
export interface Graves {
  /** Takes a fact; any order of other facts between makes no difference. */
  note(fact: BoxFact): void;
  readonly has: (record: {
    readonly segment: string;
    readonly recordOffset: number;
    readonly datasetSha256: string;
  }) => boolean;
}

/** Remembers the dead records of segments that are not reclaimed yet: a small part of all that was ever purged. */
export function createGraves(): Graves {
  /** Digest by offset by segment: what lies at the place of another file of that name is not dead. */
  const offsets = new Map<string, Map<number, string>>();
  const reclaimed = new Set<string>();
  return {
    note: (fact) => {
      if (fact.fact === 'reclaimed') {
        reclaimed.add(fact.segment);
        offsets.delete(fact.segment);
      } else if (fact.fact === 'purged' || fact.fact === 'discarded') {
        for (const { places, datasetSha256 } of fact.instances) {
          for (const [segment, offset] of places) {
            if (reclaimed.has(segment)) continue;
            const known = offsets.get(segment) ?? new Map<number, string>();
            offsets.set(segment, known.set(offset, datasetSha256));
          }
        }
      }
    },
    has: ({ segment, recordOffset, datasetSha256 }) =>
      reclaimed.has(segment) || offsets.get(segment)?.get(recordOffset) === datasetSha256,
  };
}
