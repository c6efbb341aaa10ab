import type { Result } from '#sync/core/result.ts';
import type { Catalog } from '../ports-catalog.ts';
import type { StoreFault } from '../ports-store.ts';
import type { BoxFact } from '../store/facts.ts';

/** Writes down which studies came from a medium. */
export interface OutsideMarks {
  /** True once the study is marked, or is one that the clinic has already; false: not now. */
  mark(study: string): Promise<boolean>;
}

/**
 * A study that the box has already, from a device or a file of the clinic, stays what it is: a disc that a patient
 * brings back must not hold up our own images.
 */
export function createOutsideMarks(ports: {
  readonly catalog: Pick<Catalog, 'studies'>;
  readonly recorder: {
    record(facts: readonly BoxFact[]): Promise<Result<void, StoreFault>>;
  };
  readonly nowMs: () => number;
}): OutsideMarks {
  /** The study of the file before: files of one study come together. */
  let last: string | undefined;
  return {
    mark: async (study) => {
      if (study === last) return true;
      const [known] = await ports.catalog.studies(study);
      if (!known) {
        const fact = { fact: 'outside', atMs: ports.nowMs(), study } as const;
        if (!(await ports.recorder.record([fact])).ok) return false;
      }
      last = study;
      return true;
    },
  };
}
