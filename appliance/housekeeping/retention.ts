import type { RetainedStudy } from './ports.ts';

export interface RetentionRules {
  /** Shortest stay on the box behind arrival and receipt, milliseconds. */
  readonly keepMs: number;
  /** Who keeps studies for good: the reading center, this box, or somebody else. */
  readonly archiveOfRecord: 'center' | 'box' | 'third';
}

/** `may`, or the first reason against it. */
export type PurgeVerdict =
  | 'may'
  | 'archive-is-here'
  | 'not-identified'
  | 'not-delivered'
  | 'no-receipt'
  | 'open-twin'
  | 'not-archived'
  | 'pinned'
  | 'prior'
  | 'too-young';

/** States that need nobody any more: delivered, gone, or set aside by a person or by equality with the first. */
const settled: ReadonlySet<string> = new Set([
  'delivered',
  'purged',
  'discarded',
  'resend',
  'aside',
  'rejected',
]);

/**
 * Whether the delivered instances of a study may leave this box. Purge = a receipt of the primary center for every
 * instance + age + not pinned + the archive of record agrees; nothing else permits it. The primary center is the one
 * that this box seals to: `judgeDelivery` lets no other one's receipt count. A study with anything open stays whole.
 */
export function purgeVerdict(
  study: RetainedStudy,
  rules: RetentionRules,
  nowMs: number,
): PurgeVerdict {
  if (rules.archiveOfRecord === 'box') return 'archive-is-here';
  if (!study.isIdentified) return 'not-identified';
  const isSettled = Object.entries(study.counts).every(
    ([state, count]) => count === 0 || settled.has(state),
  );
  if (!isSettled || !((study.counts.delivered ?? 0) > 0)) return 'not-delivered';
  if (study.unprovenCount > 0) return 'no-receipt';
  if (study.hasOpenTwin) return 'open-twin';
  if (rules.archiveOfRecord === 'third' && study.unarchivedCount > 0) return 'not-archived';
  if (study.isPinned) return 'pinned';
  if (study.isPriorOfOpenCase) return 'prior';
  const sinceMs = Math.max(study.lastArrivedAtMs, study.lastDeliveredAtMs);
  return nowMs - sinceMs >= rules.keepMs ? 'may' : 'too-young';
}
