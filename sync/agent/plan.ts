import { batchHeadSizeBytes } from '../wire/batch.ts';
import { batchedPackSizeBytes, batchPacksAtMost } from '../wire/limits.ts';
import type { Order, SendingClass } from '../wire/order.ts';
import type { PackId } from '../wire/pack-id.ts';
import { firstGap } from './claims.ts';
import type { Piece, Progress } from './progress.ts';

/** A pack in `out/new` as the agent sees it. */
export interface Outgoing {
  readonly packId: PackId;
  readonly sizeBytes: number;
}

/** Bytes of the next request, and how far behind the relay's offset it may end. */
export interface Stride {
  readonly pieceBytes: number;
  readonly aheadBytes: number;
  /** What is left in the end is dealt out to so many requests, so that all of them end together; 1 unless given. */
  readonly parallel?: number;
}

/** A request this short still hides its overhead. */
export const smallestPieceBytes = 16 * 1024;

/** Classes beside STAT that may leave, the one whose turn it is first. */
export type Turns = readonly Exclude<SendingClass, 0>[];

const allInTurn: Turns = [1, 2, 3];

/**
 * What to send next: STAT packs (class 0) first, then the others by the turn of their classes, each class in the order
 * of the list. While a STAT pack is under way nothing else starts. Requests of one pack follow one another without
 * waiting for an answer. A pack that is not in the order, held, done, parked or wholly under way is passed over.
 */
export function planNext(
  order: Order,
  outgoing: readonly Outgoing[],
  progressOf: (packId: PackId) => Progress,
  nowMs: number,
  stride: Stride,
  turns: Turns = allInTurn,
): Piece | undefined {
  const open = sendablePacks(order, outgoing, progressOf);
  const isParked = ({ packId }: Outgoing): boolean => progressOf(packId).notBeforeMs > nowMs;
  const stat = open.filter((pack) => pack.class === 0 && !isParked(pack));
  const others = (): typeof open => turns.flatMap((of) => open.filter((pack) => pack.class === of));
  const due = stat.length > 0 ? stat : others();
  const dealt = { ...stride, pieceBytes: dealtBytes(due, progressOf, stride) };
  for (const pack of due) {
    const range = isParked(pack) ? undefined : nextRange(progressOf(pack.packId), pack, dealt);
    if (range === undefined) continue;
    const { packId, sizeBytes } = pack;
    return { packId, ...range, sizeBytes, class: pack.class, isStat: pack.class === 0 };
  }
  return undefined;
}

/** The length of the next piece: shorter and shorter in the end, or the last one would hold up what is nearly done. */
function dealtBytes(
  packs: readonly Outgoing[],
  progressOf: (packId: PackId) => Progress,
  { pieceBytes, parallel = 1 }: Stride,
): number {
  if (parallel <= 1 || pieceBytes <= smallestPieceBytes) return pieceBytes;
  let restBytes = 0;
  for (const { packId, sizeBytes } of packs) {
    const { offset, claims } = progressOf(packId);
    const claimedBytes = claims.reduce((sum, { from, to }) => sum + to - from, 0);
    restBytes += Math.max(0, sizeBytes - offset - claimedBytes);
    if (restBytes >= pieceBytes * parallel) return pieceBytes;
  }
  return Math.max(smallestPieceBytes, Math.ceil(restBytes / parallel));
}

/**
 * The pieces that leave with `first` in one request: whole small packs of its class in the order of the list, of which
 * nothing is at the relay or on its way. Only `first` where it is none of those.
 */
export function batchWith(
  first: Piece,
  order: Order,
  outgoing: readonly Outgoing[],
  progressOf: (packId: PackId) => Progress,
  nowMs: number,
  limits: { readonly sizeBytes: number; readonly isAlone: (packId: PackId) => boolean },
): readonly Piece[] {
  const fits = ({ packId, sizeBytes }: Outgoing): boolean => {
    const { offset, claims, notBeforeMs } = progressOf(packId);
    const isUntouched = offset === 0 && claims.length === 0 && notBeforeMs <= nowMs;
    return isUntouched && sizeBytes <= batchedPackSizeBytes && !limits.isAlone(packId);
  };
  if (first.isStat || first.offset > 0 || first.length < first.sizeBytes || !fits(first)) {
    return [first];
  }
  const pieces = [first];
  let restBytes = limits.sizeBytes - first.sizeBytes - batchHeadSizeBytes;
  for (const pack of sendablePacks(order, outgoing, progressOf)) {
    if (pieces.length === batchPacksAtMost) break;
    if (pack.packId === first.packId || pack.class !== first.class || !fits(pack)) continue;
    restBytes -= pack.sizeBytes + batchHeadSizeBytes;
    if (restBytes < 0) break;
    const { packId, sizeBytes } = pack;
    pieces.push({ ...first, packId, sizeBytes, length: sizeBytes });
  }
  return pieces;
}

function nextRange(
  known: Progress,
  { sizeBytes }: Outgoing,
  { pieceBytes, aheadBytes }: Stride,
): Pick<Piece, 'offset' | 'length'> | undefined {
  const gap = firstGap(known, sizeBytes);
  if (known.isNarrow && known.requests > 0) return undefined;
  if (gap === undefined) {
    const isThere = known.offset >= sizeBytes && known.requests === 0;
    return isThere ? { offset: sizeBytes, length: 0 } : undefined;
  }
  const restBytes = gap.to - gap.from;
  // A short rest would cost a request of its own.
  const length = restBytes <= pieceBytes * 1.5 ? restBytes : pieceBytes;
  const isTooFar = gap.from > known.offset && gap.from + length > known.offset + aheadBytes;
  return isTooFar ? undefined : { offset: gap.from, length };
}

/** The packs that are to be sent, in order: listed, here and not done. */
function sendablePacks(
  order: Order,
  outgoing: readonly Outgoing[],
  progressOf: (packId: PackId) => Progress,
): readonly (Order['packs'][number] & Outgoing)[] {
  const sizes = new Map(outgoing.map(({ packId, sizeBytes }) => [packId, sizeBytes]));
  return order.packs.flatMap((pack) => {
    const sizeBytes = sizes.get(pack.packId);
    const isOpen = sizeBytes !== undefined && !progressOf(pack.packId).isDone;
    return isOpen ? [{ ...pack, sizeBytes }] : [];
  });
}
