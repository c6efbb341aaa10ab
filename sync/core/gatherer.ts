/** Bytes that come in pieces and are wanted as one array. */
export interface Gatherer {
  /** Bytes since the last `take`. */
  readonly sizeBytes: number;
  /** Copies `piece`, so that a sender of single bytes costs no more memory than their sum. */
  add(piece: Uint8Array): void;
  /** All bytes since the last `take`; the array is the caller's. */
  take(): Uint8Array;
}

/** An empty gatherer; it holds at most twice the bytes that were added. */
export function createGatherer(): Gatherer {
  let held = new Uint8Array(0);
  let sizeBytes = 0;
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    add(piece) {
      const needed = sizeBytes + piece.length;
      if (needed > held.length) {
        const larger = new Uint8Array(Math.max(needed, held.length * 2));
        larger.set(held.subarray(0, sizeBytes));
        held = larger;
      }
      held.set(piece, sizeBytes);
      sizeBytes = needed;
    },
    take() {
      const taken = held.subarray(0, sizeBytes);
      held = new Uint8Array(0);
      sizeBytes = 0;
      return taken;
    },
  };
}
