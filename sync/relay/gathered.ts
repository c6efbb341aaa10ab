import { createGatherer } from '../core/gatherer.ts';

/** Pieces of a body are gathered to about this size before they are written. */
export const gatheredBytes = 256 * 1024;

/**
 * The bytes of `body` in larger pieces. A body that is cut ends like a whole one: what came before the cut is
 * yielded, and the caller sees by the length that more is to come.
 */
export async function* gathered(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const pieces = createGatherer();
  try {
    for await (const piece of body) {
      pieces.add(piece);
      if (pieces.sizeBytes >= gatheredBytes) yield pieces.take();
    }
  } catch {
    // The sender is gone; nobody reads the answer, but the bytes count.
  }
  if (pieces.sizeBytes > 0) yield pieces.take();
}
