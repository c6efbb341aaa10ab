import { concat } from '../core/bytes.ts';

/** Pieces of a body are gathered to about this size before they are written. */
const gatheredBytes = 256 * 1024;

/**
 * The bytes of `body` in larger pieces. A body that is cut ends like a whole one: what came before the cut is
 * yielded, and the caller sees by the length that more is to come.
 */
export async function* gathered(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const piece of body) {
      pieces.push(piece);
      sizeBytes += piece.length;
      if (sizeBytes < gatheredBytes) continue;
      yield concat(...pieces);
      pieces = [];
      sizeBytes = 0;
    }
  } catch {
    // The sender is gone; nobody reads the answer, but the bytes count.
  }
  if (sizeBytes > 0) yield concat(...pieces);
}
