/**
 * How long the next pack of a study may be that is sealed over several turns: each turn looks at the link anew and would
 * begin with the shortest packs again, where coding cannot keep the link busy. Then what a pack costs beside its coding is
 * what the study waits for.
 */
export interface PackGrowth {
  /** Payload at which the next pack may close, bytes; 0: nothing of the study was broken off. */
  nextBytes(study: string): number;
  /** A turn sealed a pack of `lastBytes` last, and broke off before others that were planned; 0: it sealed all. */
  brokeOff(study: string, lastBytes: number): void;
}

export function createPackGrowth(): PackGrowth {
  const last = new Map<string, number>();
  return {
    nextBytes: (study) => 2 * (last.get(study) ?? 0),
    brokeOff: (study, lastBytes) => {
      if (lastBytes > 0) last.set(study, lastBytes);
      else last.delete(study);
    },
  };
}
