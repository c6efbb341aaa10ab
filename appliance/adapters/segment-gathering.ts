import { type BlockPool, blockSizeBytes } from './segment-blocks.ts';

/** The bytes of one record, from its head on, in blocks that are filled one after another. */
export interface Gathering {
  /** The block that holds the head; it stays until the end. */
  readonly first: Uint8Array;
  /** Copies `part` behind what is there. A block is taken when there is something for it. */
  add(part: Uint8Array): void;
  /** Full blocks behind the first one that were not taken yet; the taker gives each back to the pool. */
  takeFull(): readonly Uint8Array[];
  hasFull(): boolean;
  /** What the block that is being filled holds; at the end of a record its last bytes. It may be the first block. */
  last(): Uint8Array;
  isInFirst(): boolean;
  /** Bytes that are held here. */
  sizeBytes(): number;
  /** Gives back what was not taken; a second call does nothing. No write of it may run. */
  end(): void;
}

/** A gathering whose first `reservedBytes` are filled by its owner. */
export function createGathering(pool: BlockPool, reservedBytes: number): Gathering {
  const first = pool.take();
  let full: Uint8Array[] = [];
  let open = first;
  let openBytes = reservedBytes;
  let isEnded = false;
  return {
    first,
    add(part) {
      for (let at = 0; at < part.length; ) {
        if (openBytes === blockSizeBytes) {
          if (open !== first) full.push(open);
          open = pool.take();
          openBytes = 0;
        }
        const piece = part.subarray(at, at + blockSizeBytes - openBytes);
        open.set(piece, openBytes);
        openBytes += piece.length;
        at += piece.length;
      }
    },
    takeFull() {
      const taken = full;
      full = [];
      return taken;
    },
    hasFull: () => full.length > 0,
    last: () => open.subarray(0, openBytes),
    isInFirst: () => open === first,
    sizeBytes: () =>
      (open === first ? 0 : blockSizeBytes) + full.length * blockSizeBytes + openBytes,
    end() {
      // A block that is given back twice would be shared by two records.
      if (isEnded) return;
      isEnded = true;
      for (const block of new Set([first, ...full, open])) pool.giveBack(block);
      full = [];
    },
  };
}
