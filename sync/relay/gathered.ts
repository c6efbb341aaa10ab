import { concat } from '../core/bytes.ts';

/** Chunks of a body are gathered to about this size before they are written. */
const gatheredBytes = 256 * 1024;

/**
 * The chunks of `body` in larger pieces. A body that is cut ends like a whole one: what came before the cut is
 * yielded, and the caller sees by the length that more is to come.
 */
export async function* gathered(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes < gatheredBytes) continue;
      yield concat(...chunks);
      chunks = [];
      sizeBytes = 0;
    }
  } catch {
    // The sender is gone; nobody reads the answer, but the bytes count.
  }
  if (sizeBytes > 0) yield concat(...chunks);
}
