import { createGatherer } from '../core/gatherer.ts';
import { gatheredBytes } from './gathered.ts';

/** The body of one upload on its way in: what came of it counts whenever somebody asks, not at its end alone. */
export interface Arrival {
  /** Reads the body to its end, or to where it was cut; resolves when all of it was handed on. */
  read(): Promise<void>;
  /** Hands on what came by now. A sender that was cut off asks for it before the connection is known to be dead. */
  flush(): Promise<void>;
}

/** `take` gets the bytes in larger pieces, in order, each with its place in the body. */
export function createArrival(
  body: AsyncIterable<Uint8Array>,
  take: (at: number, bytes: Uint8Array) => Promise<void>,
): Arrival {
  const pieces = createGatherer();
  let at = 0;
  let last = Promise.resolve();
  const flush = (): Promise<void> => {
    if (pieces.sizeBytes === 0) return last;
    const bytes = pieces.take();
    const from = at;
    at += bytes.length;
    last = last.then(() => take(from, bytes));
    return last;
  };
  return {
    flush,
    async read() {
      try {
        for await (const piece of body) {
          pieces.add(piece);
          if (pieces.sizeBytes >= gatheredBytes) await flush();
        }
      } catch {
        // The sender is gone; nobody reads the answer, but the bytes count.
      }
      await flush();
    },
  };
}
