import { concat } from '../core/bytes.ts';

/** Bytes that come in pieces, read forward with a look ahead; holds one piece and what was asked to be seen. */
export interface ByteSource {
  /** Bytes taken so far. */
  readonly position: () => number;
  /** The next `length` bytes, or all there are when fewer are left. A view, good until the next call. */
  peek(length: number): Promise<Uint8Array>;
  /** The next `length` bytes in pieces; false when they end before. */
  take(length: number, each: (bytes: Uint8Array) => void): Promise<boolean>;
}

/** Reads `pieces`; what they throw is thrown by `peek` and `take`. */
export function createByteSource(pieces: AsyncIterator<Uint8Array>): ByteSource {
  let held: Uint8Array = new Uint8Array(0);
  let position = 0;

  async function more(): Promise<boolean> {
    for (;;) {
      const { value, done } = await pieces.next();
      if (done === true) return false;
      if (value.length === 0) continue;
      held = held.length === 0 ? value : concat(held, value);
      return true;
    }
  }

  return {
    position: () => position,
    peek: async (length) => {
      while (held.length < length && (await more()));
      return held.subarray(0, length);
    },
    take: async (length, each) => {
      let left = length;
      while (left > 0) {
        if (held.length === 0 && !(await more())) return false;
        const bytes = held.subarray(0, left);
        held = held.subarray(bytes.length);
        position += bytes.length;
        left -= bytes.length;
        each(bytes);
      }
      return true;
    },
  };
}
