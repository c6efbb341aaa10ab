/** One value of a measure; its labels name kinds and states, never a party, a pack, a person or a study. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Something that a program tells of its work (operations design, metrics): base units in the name, few labels. */
export interface Measure {
  /** `outpost_<program>_<thing>_<unit>`, `_total` for what only rises. */
  readonly name: string;
  readonly help: string;
  readonly kind: 'counter' | 'gauge';
  read(): readonly Sample[] | number | Promise<readonly Sample[] | number>;
}

/** Counts by kind; kinds come from the program, so there are few. */
export interface Tally {
  add(kind: string, by?: number): void;
  of(kind: string): number;
  /** One sample a kind, under the label `label`. */
  samples(label: string): readonly Sample[];
}

export function createTally(): Tally {
  const counts = new Map<string, number>();
  return {
    add: (kind, by = 1) => void counts.set(kind, (counts.get(kind) ?? 0) + by),
    of: (kind) => counts.get(kind) ?? 0,
    samples: (label) => [...counts].map(([kind, value]) => ({ labels: { [label]: kind }, value })),
  };
}
