import type { Log } from '#sync/core/log.ts';
import type { OrderCatalog, StudyEvidence } from './ports.ts';

/**
 * Whether procedure steps prove that all of a study is here: one is over, none is running, and every instance that
 * they name has come. A step that names nothing proves nothing.
 */
export function isProvenComplete(evidence: StudyEvidence): boolean {
  const { finalSteps, openSteps, named, missing } = evidence;
  return finalSteps > 0 && openSteps === 0 && named > 0 && missing === 0;
}

/** Looks at studies that changed, and tells of those that are proven complete. Never rejects: quiet time comes anyway. */
export function createEvidence(ports: {
  readonly catalog: Pick<OrderCatalog, 'evidenceOf'>;
  readonly quiet: { finished(study: string): void };
  readonly log: Log;
}): (studies: readonly string[]) => Promise<void> {
  return async (studies) => {
    try {
      for (const study of studies) {
        if (isProvenComplete(await ports.catalog.evidenceOf(study))) ports.quiet.finished(study);
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : 'unknown';
      ports.log.warn('appliance/evidence-failed', { reason });
    }
  };
}
