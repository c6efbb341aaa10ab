import type { ResendCause, StudyResends } from './ports-resends.ts';
import type { StudyRow } from './rows.ts';

/** Letters a study that no person asked for: what a box would send without one of its own people (sync design). */
const mostAsks = 2;
/** Causes kept of one study; what is more adds nothing to its letter. */
const mostCauses = 100;
/** Studies of one box that are noted by themselves: a box that makes up studies must not fill the disk. */
export const mostStudiesOfBox = 200;
/** Studies of one box that a restored center asks for: all that the box took in for months, if need be. */
const mostRestoredOfBox = 20_000;
/** What one letter can name (letters, control). */
export const mostNamed = 1_000;

/** What the center found of one study that it cannot use. */
export type FoundCause = Pick<ResendCause, 'id' | 'reason' | 'packs' | 'instances'>;

/** What a letter `please-resend` says of its study; `version` is that of the register. */
export interface ResendRequest {
  readonly version: number;
  readonly reason: ResendCause['reason'];
  readonly packs: readonly string[];
  readonly instances: readonly string[];
}

/** `own` with one cause more; a study's first one begins it. */
export function withCause(
  own: StudyResends | undefined,
  { studyInstanceUid, box }: Pick<StudyRow, 'studyInstanceUid' | 'box'>,
  cause: ResendCause,
): StudyResends {
  const noted = { ...cause, ...bounded(cause) };
  return { format: 1, studyInstanceUid, box, causes: [...(own?.causes ?? []), noted] };
}

/** Whether nothing more is noted of a study by itself; `ofBox` are the studies that are noted of its box. */
export function isFull(
  own: StudyResends | undefined,
  ofBox: number,
  { reason }: Pick<FoundCause, 'reason'>,
): boolean {
  if (own) return own.causes.length >= mostCauses;
  return ofBox >= (reason === 'restored' ? mostRestoredOfBox : mostStudiesOfBox);
}

/** Whether something of it was never asked for. */
export function isWaiting({ causes }: StudyResends): boolean {
  return causes.some(({ version }) => version === null);
}

/** Whether what waits is asked for by nobody but a person any more. */
export function needsPerson(own: StudyResends): boolean {
  const open = own.causes.filter(({ version }) => version === null);
  const isFree = open.some(({ by, reason }) => by !== null || reason === 'restored');
  return open.length > 0 && !isFree && versionsOf(own).filter(isAutomatic(own)).length >= mostAsks;
}

/**
 * Gives what may be asked for now the next version; the same value when nothing may. `missing` are the datasets that
 * the study's open list names and that are not delivered: packs that no list speaks of may still be under way. Only a
 * person's word does not wait for it.
 */
export function withVersion(
  own: StudyResends,
  missing: ReadonlySet<string>,
  nowMs: number,
): StudyResends {
  const open = own.causes.filter(({ version }) => version === null);
  const isDue = ({ by, reason, instances }: ResendCause): boolean =>
    by !== null ||
    (reason === 'restored' && instances.length === 0 && missing.size > 0) ||
    instances.some((digest) => missing.has(digest));
  if (needsPerson(own) || !open.some(isDue)) return own;
  // A lost file begins above every version that it ever gave.
  const version = Math.max(newestVersion(own) + 1, Math.floor(nowMs / 1_000));
  return {
    ...own,
    causes: own.causes.map((cause) => (cause.version === null ? { ...cause, version } : cause)),
  };
}

/** The newest letter of a study; undefined before the first. */
export function newestRequest(own: StudyResends): ResendRequest | undefined {
  const version = newestVersion(own);
  if (version === 0) return undefined;
  const asked = own.causes.filter((cause) => cause.version === version);
  const named = {
    packs: asked.flatMap(({ packs }) => packs),
    instances: asked.flatMap(({ instances }) => instances),
  };
  // With another cause beside it the box is to send all that it has of the study, as for that one.
  if (asked.every(({ reason }) => reason === 'restored')) {
    const isAll = asked.some(({ instances }) => instances.length === 0);
    return { version, reason: 'restored', ...bounded(isAll ? { ...named, instances: [] } : named) };
  }
  const isUnreadable = asked.some(({ reason }) => reason === 'unreadable');
  return { version, reason: isUnreadable ? 'unreadable' : 'incomplete', ...bounded(named) };
}

/** Versions of the letters so far. */
export function versionsOf({ causes }: StudyResends): readonly number[] {
  return [...new Set(causes.flatMap(({ version }) => version ?? []))];
}

/** 0 before the first letter. */
export function newestVersion(own: StudyResends): number {
  return Math.max(0, ...versionsOf(own));
}

/** Whether a letter is one that no person asked for and that no backup made necessary. */
function isAutomatic({ causes }: StudyResends): (version: number) => boolean {
  return (version) => {
    const asked = causes.filter((cause) => cause.version === version);
    return (
      asked.every(({ by }) => by === null) && !asked.every(({ reason }) => reason === 'restored')
    );
  };
}

function bounded({ packs, instances }: Pick<ResendCause, 'packs' | 'instances'>) {
  return {
    packs: [...new Set(packs)].slice(0, mostNamed),
    instances: [...new Set(instances)].slice(0, mostNamed),
  };
}
