import type { Log } from '#sync/core/log.ts';
import { sanitize } from '#sync/core/sanitize.ts';
import type { Commitment, CommitmentCatalog } from './ports.ts';

export interface WholeExamPorts {
  readonly catalog: Pick<CommitmentCatalog, 'objects' | 'studiesNamedWhole'>;
  /** Resolves when what was acknowledged to a device is in the catalog. */
  readonly catalogued: () => Promise<void>;
  /** Nothing more comes of these studies, as far as the device knows. */
  readonly onWhole: (studies: readonly string[]) => void;
  readonly log: Log;
}

/**
 * Looks whether a request asks for a whole exam: every instance that is here of a study is named, and nothing is named
 * that is not here, since that could belong to the study and still come. Never rejects: quiet time comes anyway.
 */
export function createWholeExams(
  ports: WholeExamPorts,
): (commitment: Pick<Commitment, 'references'>) => Promise<void> {
  return async ({ references }) => {
    try {
      await ports.catalogued();
      const named = [...new Set(references.map(({ sopInstanceUid }) => sopInstanceUid))];
      const here = await ports.catalog.objects(named);
      if (new Set(here.map(({ sopInstanceUid }) => sopInstanceUid)).size < named.length) return;
      const studies = await ports.catalog.studiesNamedWhole(named);
      if (studies.length > 0) ports.onWhole(studies);
    } catch (cause) {
      ports.log.warn('commitment/evidence-failed', { reason: sanitize(String(cause)) });
    }
  };
}
