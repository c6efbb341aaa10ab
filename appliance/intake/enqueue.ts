import { maxInstancesPerPack } from '#sync/letters/data.ts';
import type { ByteRange, PendingInstance, SealingStudy } from '../ports-waiting.ts';

/** Payload of a STAT pack, bytes: small, so that the first image is there quickly (sync design, sealing ahead). */
export const statTargetBytes = 1.5 * 1024 * 1024;

/**
 * Payload of the first pack for an idle link, bytes: one slice, so that somebody sees something while the rest is
 * coded.
 */
export const firstTargetBytes = 512 * 1024;

/** Payload that a pack never exceeds, so that meta and padding fit beside it in 16 MiB. */
export const maxPayloadBytes = 14 * 1024 * 1024;

/** A pack below its target closes when its oldest instance has waited so long. */
const waitMs = { stat: 0, linkIdle: 100, linkBusy: 10_000 } as const;

/** So many lists a study may have before they are spaced out: a slow or interrupted sender is no runaway. */
export const promptLists = 4;

export interface Piece extends ByteRange {
  readonly instance: PendingInstance;
}

export interface PackPlan {
  readonly pieces: readonly Piece[];
  readonly sizeBytes: number;
}

export interface PackRules {
  /** Payload at which a pack closes, bytes, at most `maxPayloadBytes`. */
  readonly targetBytes: number;
  /** Payload at which the first of the packs closes, when it is less; each one behind it may be twice as long. */
  readonly firstTargetBytes?: number;
  /** The last packs become shorter and shorter, down to this payload, when somebody waits for them. */
  readonly tailTargetBytes?: number;
  readonly isStudyClosed: boolean;
  /** The link is up and nothing waits to be sent. */
  readonly isLinkIdle: boolean;
  /** It waits for nothing. */
  readonly isStat: boolean;
  readonly nowMs: number;
}

/**
 * The packs of one study that are to be sealed now from what is pending, oldest first. A pack closes at its target
 * size, when its oldest instance has waited long enough, or when the study closes; what is left over waits. An
 * object above the target is split into ranges.
 */
export function planPacks(
  pending: readonly PendingInstance[],
  rules: PackRules,
): readonly PackPlan[] {
  const plans: PackPlan[] = [];
  let pieces: Piece[] = [];
  let sizeBytes = 0;
  const close = (): void => {
    if (pieces.length > 0) plans.push({ pieces, sizeBytes });
    pieces = [];
    sizeBytes = 0;
  };
  const all = pending.flatMap((instance) => piecesOf(instance, rules.targetBytes));
  let restBytes = all.reduce((sum, piece) => sum + lengthOf(piece), 0);
  const mayEnd = rules.isStudyClosed || all.some(({ instance }) => hasWaited(instance, rules));
  let targetBytes = 0;
  for (const piece of all) {
    if (sizeBytes + lengthOf(piece) > maxPayloadBytes) close();
    if (pieces.length === 0) targetBytes = targetOf(rules, plans.length, restBytes, mayEnd);
    pieces.push(piece);
    sizeBytes += lengthOf(piece);
    restBytes -= lengthOf(piece);
    if (sizeBytes >= targetBytes || pieces.length === maxInstancesPerPack) close();
  }
  if (rules.isStudyClosed || pieces.some(({ instance }) => hasWaited(instance, rules))) close();
  return plans;
}

/** Of what is left, a little less than half: two images of the same size become two packs. */
const tailShare = 0.45;

/**
 * While the link carries a pack the next one is coded: it may be longer than the one before, but not by much. What is
 * left is halved toward its end, so that the far end has little left to decode when the last byte is there. What may
 * wait for more to come is not cut up.
 */
function targetOf(
  { targetBytes, firstTargetBytes: first, tailTargetBytes: tail }: PackRules,
  packsBefore: number,
  restBytes: number,
  mayEnd: boolean,
): number {
  const target = Math.min(targetBytes, (first ?? targetBytes) * 2 ** packsBefore);
  if (tail === undefined || (restBytes < target && !mayEnd)) return target;
  return Math.min(target, Math.max(tail, restBytes * tailShare));
}

/** Milliseconds until the oldest pending instance has waited long enough; 0 when it has. */
export function waitLeftMs(oldest: PendingInstance, rules: PackRules): number {
  const waitedMs = rules.nowMs - oldest.arrivedAtMs;
  // A clock that was set back must not make an image wait for ever.
  if (waitedMs < 0) return 0;
  const idleOrBusyMs = rules.isLinkIdle ? waitMs.linkIdle : waitMs.linkBusy;
  return Math.max(0, (rules.isStat ? waitMs.stat : idleOrBusyMs) - waitedMs);
}

/** The ranges of `0..sizeBytes` that `covered` (sorted, without overlap) leaves out. */
export function missingRanges(
  sizeBytes: number,
  covered: readonly ByteRange[],
): readonly ByteRange[] {
  const missing: ByteRange[] = [];
  let at = 0;
  for (const { from, to } of [...covered, { from: sizeBytes, to: sizeBytes }]) {
    if (from > at) missing.push({ from: at, to: from });
    at = Math.max(at, to);
  }
  return missing;
}

/**
 * Whether a manifest with the list of instances is due: the study is closed and the newest list does not name all.
 * After the first few, lists of a study that keeps growing are `intervalMs` apart.
 */
export function isListDue(
  study: Pick<SealingStudy, 'isListed' | 'listCount' | 'lastListAtMs'>,
  isStudyClosed: boolean,
  nowMs: number,
  intervalMs: number,
): boolean {
  if (!isStudyClosed || study.isListed) return false;
  if (study.listCount < promptLists || study.lastListAtMs === undefined) return true;
  const sinceMs = nowMs - study.lastListAtMs;
  return sinceMs < 0 || sinceMs >= intervalMs;
}

function piecesOf(instance: PendingInstance, targetBytes: number): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const range of missingRanges(instance.payloadSizeBytes, instance.covered)) {
    for (let from = range.from; from < range.to; from += targetBytes) {
      pieces.push({ instance, from, to: Math.min(from + targetBytes, range.to) });
    }
  }
  return pieces;
}

function hasWaited(instance: PendingInstance, rules: PackRules): boolean {
  return waitLeftMs(instance, rules) === 0;
}

function lengthOf({ from, to }: ByteRange): number {
  return to - from;
}
