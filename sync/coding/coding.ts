import { Buffer } from 'node:buffer';
import { concat } from '../core/bytes.ts';
import { ok, type Result } from '../core/result.ts';
import type { Area } from './areas.ts';
import { decodeChecked, encodeChecked } from './checked-payload.ts';
import { type CodingFault, maxDecodedBytes, refused } from './coding-fault.ts';
import { areasOfParts } from './parts.ts';
import { decodeSplit, encodeSplit, type SplitCoding } from './split-payload.ts';
import { fromZstd, zstdOf } from './zstd.ts';

export { type CodingFault, maxDecodedBytes } from './coding-fault.ts';

/**
 * FORMAT.md: 0 = as they are, 1 = one zstd frame over all of it, 2 and up = skeleton and frames apart: 2 quick, 3 mixed
 * (read, no longer written), 4 fitted, 5 deep, and 6 checked, in which JPEG images are coded anew and all else is in 2, 4
 * or 5. Each level makes less of the same bytes than the one before, and takes more time, at both ends.
 */
export const codings = [0, 1, 2, 3, 4, 5, 6] as const;
export type Coding = (typeof codings)[number];

/** The highest coding that this program makes and reads. */
export const codingMax: Coding = 6;

/** Most ranges in one payload. */
const maxRanges = 1_000;

/** A range of a stored object, and what is known of the whole object. */
export interface RangeToCode {
  readonly bytes: Uint8Array;
  /** Where the range begins in its object. */
  readonly from: number;
  /**
   * `areasOfObject` of the object, for a range that does not begin at 0; without them such a range is skeleton. A range
   * from 0 finds its own.
   */
  readonly areas?: readonly Area[] | undefined;
}

/**
 * The bytes of `ranges` in `coding`, without a proof. Use `codePayload`, which proves and falls back. `within` are the
 * codings that coding 6 may take for all that is no JPEG image.
 */
export function encodeRanges(
  coding: Coding,
  ranges: readonly RangeToCode[],
  zstdLevel = 6,
  within: readonly SplitCoding[] = [5],
): Uint8Array {
  const whole = concat(...ranges.map(({ bytes }) => bytes));
  if (coding === 0) return whole;
  if (coding === 1) return zstdOf(whole, zstdLevel);
  const areas = areasOfParts(ranges);
  return coding === 6 ? encodeChecked(whole, areas, within) : encodeSplit(coding, whole, areas);
}

/**
 * The payload of `parts`, one after another, in `coding`. `level` is zstd's (1 fast to 19 small) and has a meaning
 * for coding 1 only. The parts are only read. The payload was decoded and compared: nothing is sent on trust in
 * a codec, and one that does not give the bytes back is a bug and throws. `codePayload` falls back instead.
 */
export function codeRanges(coding: Coding, parts: readonly Uint8Array[], level = 6): Uint8Array {
  const payload = encodeRanges(
    coding,
    parts.map((bytes) => ({ bytes, from: 0 })),
    level,
  );
  if (coding === 0) return payload;
  if (!givesBack(coding, payload, parts)) {
    throw new Error('Cannot code a payload: the codec does not give the same bytes back');
  }
  return payload;
}

/** Whether `payload` decodes to exactly `parts`. */
export function givesBack(
  coding: Coding,
  payload: Uint8Array,
  parts: readonly Uint8Array[],
): boolean {
  const sizes = parts.map(({ length }) => length);
  const back = decodeRanges(coding, payload, sizes);
  return back.ok && back.value.every((bytes, index) => isEqual(bytes, parts[index]));
}

/**
 * The ranges that `payload` holds, cut at `sizes` (bytes of each, in order). Refuses more than `maxDecodedBytes` in
 * all before anything is allocated, and a payload that is not exactly as long as the sizes say. The ranges share one
 * buffer, for coding 0 that of `payload`. The time it takes is bounded by the sizes.
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
  const whole = decodeSum(coding, payload, sizeBytes);
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
  return fromZstd(payload, Math.min(maxBytes, maxDecodedBytes));
}

function decodeSum(
  coding: Coding,
  payload: Uint8Array,
  sizeBytes: number,
): Result<Uint8Array, CodingFault> {
  if (coding === 0) return ok(payload);
  if (coding === 1) return fromZstd(payload, sizeBytes);
  if (coding === 6) return decodeChecked(payload, sizeBytes);
  return decodeSplit(coding, payload, sizeBytes);
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

function isEqual(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && Buffer.compare(a, b) === 0;
}
