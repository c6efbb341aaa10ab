/** A list of bytes that grows; numbers are written as LEB128. */
export interface ByteList {
  number(value: number): void;
  bytes(bytes: Uint8Array): void;
  taken(): Uint8Array;
}

export function createByteList(): ByteList {
  let buffer = new Uint8Array(256);
  let used = 0;
  const room = (more: number): void => {
    if (used + more <= buffer.length) return;
    const grown = new Uint8Array(Math.max(used + more, buffer.length * 2));
    grown.set(buffer.subarray(0, used));
    buffer = grown;
  };
  return {
    number: (value) => {
      room(8);
      let rest = value;
      while (rest >= 128) {
        buffer[used++] = (rest % 128) | 128;
        rest = Math.floor(rest / 128);
      }
      buffer[used++] = rest;
    },
    bytes: (bytes) => {
      room(bytes.length);
      buffer.set(bytes, used);
      used += bytes.length;
    },
    taken: () => buffer.subarray(0, used),
  };
}

/** Reads what a `ByteList` wrote. Every answer is undefined once the bytes do not hold what was asked for. */
export interface ByteReader {
  /** The shortest form of a number below 2^49 only, so that one content has one form. */
  number(): number | undefined;
  bytes(length: number): Uint8Array | undefined;
  readonly rest: number;
}

export function createByteReader(bytes: Uint8Array): ByteReader {
  let at = 0;
  return {
    number: () => {
      let value = 0;
      for (let scale = 1; scale < 2 ** 49; scale *= 128) {
        const byte = bytes[at++];
        if (byte === undefined) return undefined;
        value += (byte & 127) * scale;
        if (byte < 128) return byte === 0 && scale > 1 ? undefined : value;
      }
      return undefined;
    },
    bytes: (length) => {
      if (!(length >= 0 && length <= bytes.length - at)) return undefined;
      at += length;
      return bytes.subarray(at - length, at);
    },
    get rest() {
      return bytes.length - at;
    },
  };
}
