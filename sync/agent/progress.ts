import type { SendingClass } from '../wire/order.ts';
import type { PackId } from '../wire/pack-id.ts';

/** Bytes `[from, to)` of a pack that need not be sent now. */
export interface Claim {
  readonly from: number;
  readonly to: number;
  /**
   * Under way; answered before those in front of them; or cut on their way, so that only the relay can tell how much
   * of them arrived.
   */
  readonly state: 'sent' | 'answered' | 'doubtful';
}

/** What is known of a pack at the relay, and what stands in its way. */
export interface Progress {
  /** Bytes that the relay has confirmed from the start without a gap. */
  readonly offset: number;
  /** What lies behind them and is on its way or arrived early; in order, without overlap. */
  readonly claims: readonly Claim[];
  /** The relay's custody receipt is in the spool: nothing is left to do. */
  readonly isDone: boolean;
  /** Requests of this pack under way. */
  readonly requests: number;
  /** The relay takes no piece before the one in front of it: one request at a time. */
  readonly isNarrow: boolean;
  /** Not before this monotonic time; 0 = at once. */
  readonly notBeforeMs: number;
}

/** The next request: bytes `[offset, offset + length)` of a pack; `length` 0 asks only for the receipt. */
export interface Piece {
  readonly packId: PackId;
  readonly offset: number;
  readonly length: number;
  readonly sizeBytes: number;
  readonly class: SendingClass;
  readonly isStat: boolean;
}

export const noProgress: Progress = {
  offset: 0,
  claims: [],
  isDone: false,
  requests: 0,
  isNarrow: false,
  notBeforeMs: 0,
};
