/**
 * A binary arithmetic coder (carryless, 32 bits). One object codes or decodes: a model is then one function for both
 * ways and cannot come apart. `code` takes the probability that the bit is 1, of 65,536, from 1 to 65,535, and the
 * bit, which a decoder ignores; it answers the bit.
 */
export interface BitCoder {
  code(probability: number, bit: number): number;
  /** The bytes written so far, closed; the coder takes no more bits. */
  finish(): Uint8Array;
  /** Whether a decoder was asked for more bits than its bytes hold: what it answers from then on means nothing. */
  isSpent(): boolean;
  /** Whether a decoder has used exactly its bytes. */
  isAtEnd(): boolean;
}

export function createBitEncoder(): BitCoder {
  let bytes = new Uint8Array(65_536);
  let used = 0;
  const bounds = createBounds();
  const put = (byte: number): void => {
    if (used === bytes.length) {
      const grown = new Uint8Array(used * 2);
      grown.set(bytes);
      bytes = grown;
    }
    bytes[used++] = byte;
  };
  return {
    code: (probability, bit) => {
      let low = bounds[0] as number;
      let high = bounds[1] as number;
      const middle = middleOf(low, high, probability);
      if (bit === 1) high = middle;
      else low = middle + 1;
      while (((low ^ high) & 0xff000000) === 0) {
        put(high >>> 24);
        low <<= 8;
        high = (high << 8) | 255;
      }
      bounds[0] = low;
      bounds[1] = high;
      return bit;
    },
    finish: () => {
      // One byte that lies between low and high whatever zeros are read behind it.
      put((bounds[1] as number) >>> 24);
      return bytes.subarray(0, used);
    },
    isSpent: () => false,
    isAtEnd: () => true,
  };
}

/** Behind the end of `bytes` it reads zeros: three of them belong to the code, a fourth does not. */
export function createBitDecoder(bytes: Uint8Array): BitCoder {
  let used = 0;
  const bounds = createBounds();
  const next = (): number => {
    const byte = used < bytes.length ? (bytes[used] as number) : 0;
    used++;
    return byte;
  };
  for (let i = 0; i < 4; i++) bounds[2] = ((bounds[2] as number) << 8) | next();
  return {
    code: (probability) => {
      let low = bounds[0] as number;
      let high = bounds[1] as number;
      const middle = middleOf(low, high, probability);
      const bit = (bounds[2] as number) <= middle ? 1 : 0;
      if (bit === 1) high = middle;
      else low = middle + 1;
      while (((low ^ high) & 0xff000000) === 0) {
        low <<= 8;
        high = (high << 8) | 255;
        bounds[2] = ((bounds[2] as number) << 8) | next();
      }
      bounds[0] = low;
      bounds[1] = high;
      return bit;
    },
    finish: () => bytes,
    isSpent: () => used > bytes.length + 3,
    isAtEnd: () => used === bytes.length + 3,
  };
}

/** Low, high, and where a decoder stands: whole numbers of 32 bits, which a variable would keep as objects. */
function createBounds(): Uint32Array {
  return Uint32Array.of(0, 0xffffffff, 0);
}

function middleOf(low: number, high: number, probability: number): number {
  const range = (high - low) >>> 0;
  const upper = Math.imul(range >>> 16, probability) >>> 0;
  const lower = (Math.imul(range & 0xffff, probability) >>> 0) >>> 16;
  return (low + upper + lower) >>> 0;
}
