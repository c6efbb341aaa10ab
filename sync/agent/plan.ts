import type { Order } from '../wire/order.ts';
import type { PackId } from '../wire/pack-id.ts';

/** A pack in `out/new` as the agent sees it. */
export interface Outgoing {
  readonly packId: PackId;
  readonly sizeBytes: number;
}

/** What is known of a pack at the relay, and what stands in its way. */
export interface Progress {
  /** Bytes that the relay has confirmed. */
  readonly offset: number;
  /** The relay's custody receipt is in the spool: nothing is left to do. */
  readonly isDone: boolean;
  /** A request of this pack is under way. */
  readonly isBusy: boolean;
  /** Not before this monotonic time; 0 = at once. */
  readonly notBeforeMs: number;
}

/** The next request: bytes `[offset, offset + length)` of a pack; `length` 0 asks only for the receipt. */
export interface Piece {
  readonly packId: PackId;
  readonly offset: number;
  readonly length: number;
  readonly sizeBytes: number;
  readonly isStat: boolean;
}

export const noProgress: Progress = { offset: 0, isDone: false, isBusy: false, notBeforeMs: 0 };

/**
 * What to send next: STAT packs (class 0) first, then the others, each in the order of the list. While a STAT pack
 * is under way nothing else starts. A pack that is not in the order, held, done, busy or parked is passed over.
 * `pieceBytesOf` says how long a request may be while so many packs share the link.
 */
export function planNext(
  order: Order,
  outgoing: readonly Outgoing[],
  progressOf: (packId: PackId) => Progress,
  nowMs: number,
  pieceBytesOf: (openPacks: number) => number,
): Piece | undefined {
  const open = sendablePacks(order, outgoing, progressOf);
  const isReady = ({ packId }: { readonly packId: PackId }): boolean => {
    const { isBusy, notBeforeMs } = progressOf(packId);
    return !isBusy && notBeforeMs <= nowMs;
  };
  const stat = open.filter((pack) => pack.class === 0);
  const isStatMoving = stat.some(({ packId }) => progressOf(packId).notBeforeMs <= nowMs);
  const next = (isStatMoving ? stat : open).find(isReady);
  if (next === undefined) return undefined;
  const { sizeBytes } = next;
  const offset = Math.min(progressOf(next.packId).offset, sizeBytes);
  const restBytes = sizeBytes - offset;
  const pieceBytes = pieceBytesOf(open.length);
  return {
    packId: next.packId,
    offset,
    // A short rest would cost a whole round trip of its own.
    length: restBytes <= pieceBytes * 1.5 ? restBytes : pieceBytes,
    sizeBytes,
    isStat: next.class === 0,
  };
}

/** The packs that are to be sent, in order: listed, here, not held and not done. */
function sendablePacks(
  order: Order,
  outgoing: readonly Outgoing[],
  progressOf: (packId: PackId) => Progress,
): readonly (Order['packs'][number] & Outgoing)[] {
  const sizes = new Map(outgoing.map(({ packId, sizeBytes }) => [packId, sizeBytes]));
  const held = new Set(order.holds);
  return order.packs.flatMap((pack) => {
    const sizeBytes = sizes.get(pack.packId);
    const isOpen = sizeBytes !== undefined && !held.has(pack.packId);
    return isOpen && !progressOf(pack.packId).isDone ? [{ ...pack, sizeBytes }] : [];
  });
}
