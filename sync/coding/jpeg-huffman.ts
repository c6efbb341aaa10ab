/** A Huffman table of a JPEG (ITU-T T.81 C.2): how long the code of each symbol is, and which symbol a code means. */
export interface HuffmanTable {
  /** By symbol: code * 32 + its length in bits; 0 for a symbol without a code. */
  readonly codes: Int32Array;
  /** By the next 16 bits: symbol * 32 + the length of its code; 0 where no code begins so. */
  readonly symbols: Uint16Array;
}

/** `lengths` are 16 counts; undefined when the codes do not fit. The first code of a symbol is the one that is written. */
export function createHuffmanTable(
  lengths: Uint8Array,
  values: Uint8Array,
): HuffmanTable | undefined {
  const codes = new Int32Array(256);
  const symbols = new Uint16Array(65_536);
  let code = 0;
  let used = 0;
  for (let length = 1; length <= 16; length++) {
    for (let i = 0; i < (lengths[length - 1] as number); i++) {
      const symbol = values[used++];
      if (symbol === undefined || code >= 1 << length) return undefined;
      const from = code << (16 - length);
      symbols.fill(symbol * 32 + length, from, from + (1 << (16 - length)));
      if (codes[symbol] === 0) codes[symbol] = code * 32 + length;
      code++;
    }
    code <<= 1;
  }
  return { codes, symbols };
}
