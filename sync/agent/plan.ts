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
}

/** Classes beside STAT that may leave, the one whose turn it is first. */
export type Turns = readonly Exclude<SendingClass, 0>[];

const allInTurn: Turns = [1, 2, 3];

/**
 * What to send next: STAT packs (class 0) first, then the others by the turn of their classes, each class in the order
 * of the list. While a STAT pack is under way nothing else starts. Requests of one pack follow one another without waiting for an answer. A pack
 * that is not in the order, held, done, parked or wholly under way is passed over.
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
  for (const pack of stat.length > 0 ? stat : others()) {
    const range = isParked(pack) ? undefined : nextRange(progressOf(pack.packId), pack, stride);
    if (range === undefined) continue;
    const { packId, sizeBytes } = pack;
    return { packId, ...range, sizeBytes, class: pack.class, isStat: pack.class === 0 };
  }
  return undefined;
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
