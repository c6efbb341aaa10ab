import type { FillContexts } from './byte-model.ts';

/** Contexts of text and of elements one after another: what stood in front, words, and what was expected. */
export function createTextContexts(): FillContexts {
  let word = 0;
  let before = 0;
  return (hashes, bytes, at, expected, lengthBytes) => {
    // Bytes that were coded as repeats were not seen one by one.
    for (let i = Math.max(before, at - 32); i < at; i++) {
      const byte = bytes[i] as number;
      word = isWord(byte) ? Math.imul(word + byte + 1, 0x3d4d51cb) : 0;
    }
    before = at;
    const pair = back(bytes, at, 1) | (back(bytes, at, 2) << 8);
    const triple = pair | (back(bytes, at, 3) << 16);
    const four = triple | (back(bytes, at, 4) << 24);
    hashes[0] = mixed(0, pair);
    hashes[1] = mixed(1, triple);
    hashes[2] = mixed(2, four);
    hashes[3] = mixed(mixed(3, four), back(bytes, at, 5));
    hashes[4] = mixed(mixed(4, four), back(bytes, at, 5) | (back(bytes, at, 6) << 8));
    hashes[5] = mixed(mixed(5, word), pair & 255);
    hashes[6] = mixed(6, triple >> 8);
    hashes[7] = mixed(mixed(7, back(bytes, at, 4) | (back(bytes, at, 8) << 8)), at & 3);
    hashes[8] = mixed(8, (expected + 1) | ((pair & 255) << 9) | (Math.min(15, lengthBytes) << 20));
  };
}

/**
 * Contexts of images whose values are names rather than brightness (palettes, masks, drawings): the neighbours in
 * the plane as they are. `start` is where the plane begins in the bytes.
 */
export function createPlaneContexts(start: number, rowBytes: number, step: number): FillContexts {
  return (hashes, bytes, at) => {
    const here = (behind: number): number =>
      behind > 0 && at - behind >= start ? (bytes[at - behind] as number) : 0;
    const component = (at - start) % step;
    const w = here(step);
    const ww = here(2 * step);
    const n = here(rowBytes);
    const nn = here(2 * rowBytes);
    const nw = here(rowBytes + step);
    const ne = here(rowBytes - step);
    const one = component > 0 ? here(1) : 0;
    const two = component > 1 ? here(2) : 0;
    const oneW = component > 0 ? here(1 + step) : 0;
    const oneN = component > 0 ? here(1 + rowBytes) : 0;
    const pixel = component | (one << 8) | (two << 16);
    const around = w | (n << 8) | (nw << 16) | (ne << 24);
    const coarse = (around >> 2) & 0x3f3f3f3f;
    hashes[0] = mixed(mixed(0, w | (n << 8)), pixel);
    hashes[1] = mixed(mixed(1, around), pixel);
    hashes[2] = mixed(mixed(2, around), ww | (nn << 8) | (one << 16) | (two << 24));
    hashes[3] = mixed(mixed(3, byteOf(w + n - nw)), pixel & 0xffff);
    hashes[4] = mixed(mixed(4, coarse), component);
    hashes[5] = mixed(mixed(5, w | (ww << 8)), pixel);
    hashes[6] = mixed(mixed(6, n | (nn << 8)), pixel);
    hashes[7] = mixed(mixed(7, byteOf(one + w - oneW) | (byteOf(one + n - oneN) << 8)), component);
    const unrest = (Math.abs(w - nw) + Math.abs(n - nw)) >> 2;
    hashes[8] = mixed(mixed(8, ((w + n) >> 1) | (unrest << 8)), component | ((one >> 3) << 8));
  };
}

function back(bytes: Uint8Array, at: number, behind: number): number {
  return at >= behind ? (bytes[at - behind] as number) : 0;
}

function isWord(byte: number): boolean {
  const letter = byte | 32;
  return (letter >= 97 && letter <= 122) || (byte >= 48 && byte <= 57) || byte === 46;
}

function byteOf(value: number): number {
  return Math.max(0, Math.min(255, value));
}

function mixed(a: number, b: number): number {
  const sum = Math.imul(a ^ 0x5bd1e995, 0x2c1b3c6d) ^ Math.imul(b + 0x7f4a7c15, 0x297a2d39);
  return Math.imul(sum ^ (sum >>> 15), 0x2f0b4c47);
}
