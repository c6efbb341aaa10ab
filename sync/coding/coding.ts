import { Buffer } from 'node:buffer';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { concat } from '../core/bytes.ts';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { readFirstZstdFrame, readZstdFrame } from './zstd-frame.ts';

/** 0 = as they are, 1 = one zstd frame over all of it (FORMAT.md). */
export const codings = [0, 1] as const;
export type Coding = (typeof codings)[number];

/** The highest coding that this program makes and reads. */
export const codingMax: Coding = 1;

/** Most bytes that one payload may stand for, so that a small pack cannot fill the memory of its reader. */
export const maxDecodedBytes = 64 * 1024 * 1024;

/** Most ranges in one payload. */
const maxRanges = 1_000;

export type CodingFault = Fault<'coding/too-large' | 'coding/size' | 'coding/damaged'>;

/**
 * The payload of `parts`, one after another, in `coding`. `level` is zstd's (1 fast to 19 small) and has no meaning
 * for coding 0. The parts are only read. A payload in coding 1 was decoded and compared: nothing is sent on trust in
 * a codec, and one that does not give the bytes back is a bug and throws.
 */
export function codeRanges(coding: Coding, parts: readonly Uint8Array[], level = 6): Uint8Array {
  const whole = concat(...parts);
  if (coding === 0) return whole;
  const payload = compress(whole, level);
  const back = decompress(payload, whole.length);
  if (!back.ok || Buffer.compare(back.value, whole) !== 0) {
    throw new Error('Cannot code a payload: zstd does not give the same bytes back');
  }
  return payload;
}

/**
 * The ranges that `payload` holds, cut at `sizes` (bytes of each, in order). Refuses more than `maxDecodedBytes` in
 * all before anything is allocated, and a payload that is not exactly as long as the sizes say. The ranges share one
 * buffer, for coding 0 that of `payload`.
 */
export function decodeRanges(
  coding: Coding,
  payload: Uint8Array,
  sizes: readonly number[],
): Result<readonly Uint8Array[], CodingFault> {
  const sizeBytes = sumOf(sizes);
  if (sizeBytes === undefined) {
    return refused('coding/too-large', 'it declares more than one payload may hold');
  }
  const whole = coding === 0 ? ok(payload) : decompress(payload, sizeBytes);
  if (!whole.ok) return whole;
  if (whole.value.length !== sizeBytes) {
    return refused('coding/size', 'its length differs from the declared sizes');
  }
  let at = 0;
  return ok(
    sizes.map((size) => {
      const range = whole.value.subarray(at, at + size);
      at += size;
      return range;
    }),
  );
}

/** The bytes of a payload in coding 1 whose length is not declared; refuses more than `maxBytes`. */
export function decodeWhole(
  payload: Uint8Array,
  maxBytes: number,
): Result<Uint8Array, CodingFault> {
  return decompress(payload, Math.min(maxBytes, maxDecodedBytes));
}

/** The sum of `sizes`, or undefined when they are no sizes, too many, or too much in all. */
function sumOf(sizes: readonly number[]): number | undefined {
  if (sizes.length > maxRanges) return undefined;
  let sum = 0;
  for (const size of sizes) {
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    sum += size;
    if (sum > maxDecodedBytes) return undefined;
  }
  return sum;
}

/** Deno writes an empty second frame behind some; a payload is the first, which holds all. */
function compress(whole: Uint8Array, level: number): Uint8Array {
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  const frames = viewOf(zstdCompressSync(whole, { params }));
  return frames.subarray(0, readFirstZstdFrame(frames)?.frameSizeBytes);
}

function decompress(payload: Uint8Array, maxBytes: number): Result<Uint8Array, CodingFault> {
  const frame = readZstdFrame(payload);
  if (frame === undefined) return refused('coding/damaged', 'it is not one zstd frame');
  if (frame.windowSizeBytes > maxDecodedBytes || (frame.contentSizeBytes ?? 0) > maxBytes) {
    return refused('coding/too-large', 'its frame asks for more memory than was declared');
  }
  try {
    return ok(viewOf(zstdDecompressSync(payload, { maxOutputLength: Math.max(1, maxBytes) })));
  } catch (cause) {
    const isTooLarge = cause instanceof RangeError;
    return isTooLarge
      ? refused('coding/too-large', 'it holds more than was declared')
      : refused('coding/damaged', 'zstd refuses it');
  }
}

function viewOf(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function refused(
  kind: CodingFault['kind'],
  reason: string,
): { readonly ok: false; readonly fault: CodingFault } {
  return fail(fault(kind, `Cannot decode a payload: ${reason}`, 'Ask the sender to send it again'));
}
