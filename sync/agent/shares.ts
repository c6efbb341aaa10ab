import type { SendingClass } from '../wire/order.ts';

/** Classes that share the link; STAT (0) has it alone. */
export type SharedClass = Exclude<SendingClass, 0>;

/** Parts of the link while each class has something to send: urgent, routine, bulk. */
export const weights: Readonly<Record<SharedClass, number>> = { 1: 70, 2: 25, 3: 5 };

/**
 * How far each class has used its share, in bytes by weight: `endsAt` is where its last piece ends, `at` where the piece
 * that left last began. A class that had nothing to send starts from `at`: it saves nothing up and owes nothing.
 */
export interface Shares {
  readonly at: number;
  readonly endsAt: Readonly<Record<SharedClass, number>>;
}

export const freshShares: Shares = { at: 0, endsAt: { 1: 0, 2: 0, 3: 0 } };

const shared: readonly SharedClass[] = [1, 2, 3];

/**
 * The classes, the one whose turn it is first (start-time fair queueing). Whoever takes the first that has something to
 * send gives each its share, uses the whole link, and lets none wait for more than what the others may take meanwhile.
 */
export function turnsOf(shares: Shares): readonly SharedClass[] {
  return [...shared].sort((a, b) => startOf(shares, a) - startOf(shares, b) || a - b);
}

/** After a piece of `sizeBytes` of class `of` left. */
export function afterPiece(shares: Shares, of: SharedClass, sizeBytes: number): Shares {
  const at = startOf(shares, of);
  return { at, endsAt: { ...shares.endsAt, [of]: at + sizeBytes / weights[of] } };
}

function startOf({ at, endsAt }: Shares, of: SharedClass): number {
  return Math.max(at, endsAt[of]);
}
