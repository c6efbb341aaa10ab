import { type Coding, codingMax, encodeRanges, givesBack, type RangeToCode } from './coding.ts';

/**
 * What a pack may cost in time: `raw` nothing, `fast zstd` for a LAN, `fast` for a good link, `medium` for a usual one,
 * `slow link` the fewest bytes. Each is a coding at least, so what a center reads at most also bounds the level.
 */
export const levels = ['raw', 'fast zstd', 'fast', 'medium', 'slow link'] as const;
export type Level = (typeof levels)[number];

/** Whether `level` costs less time than `other`. */
export function isLower(level: Level, other: Level): boolean {
  return levels.indexOf(level) < levels.indexOf(other);
}

/** The coding of `level`: what a center must read at least. In a later one it makes less of the same bytes. */
export function codingOf(level: Level): Coding {
  return codingsOf[level].at(-1) ?? 0;
}

/**
 * Why a coding was given up for the next lower one: `mismatch` = it did not give the same bytes back, `failed` = the
 * codec threw. Both are bugs to be counted and looked at; the pack goes out all the same.
 */
export interface Fallback {
  readonly coding: Coding;
  readonly reason: 'mismatch' | 'failed';
}

export interface CodedPayload {
  /** What the payload is in; lower than asked for after a fallback, or where it is smaller so. */
  readonly coding: Coding;
  readonly payload: Uint8Array;
  readonly plainBytes: number;
  readonly fallbacks: readonly Fallback[];
}

/** The codec behind `codePayload`; only a test gives another. */
export interface PayloadCodec {
  encode(coding: Coding, ranges: readonly RangeToCode[], level: Level): Uint8Array;
  isProven(coding: Coding, payload: Uint8Array, ranges: readonly RangeToCode[]): boolean;
}

/**
 * The smallest payload of `ranges` (at most 1,000, at most `maxDecodedBytes` together) at `level`, in no higher coding
 * than `mostCoding`, proven: it was decoded and compared byte for byte. What cannot be proven, or is not smaller than
 * the bytes as they are, goes in a lower coding; coding 0 always does. For `medium` the smaller of codings 4 and 2:
 * drawings and palettes repeat themselves, which only 2 sees, at a tenth of the time. Never throws for any bytes. It
 * takes as long as the codec does: call it in a worker. Memory is a small multiple of the ranges, so an object of any
 * size goes through in ranges.
 */
export function codePayload(
  ranges: readonly RangeToCode[],
  level: Level,
  mostCoding: number = codingMax,
  codec: PayloadCodec = ownCodec,
): CodedPayload {
  const plainBytes = ranges.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const fallbacks: Fallback[] = [];
  const prove = (coding: Coding, belowBytes: number) =>
    proven(coding, ranges, level, codec, belowBytes);
  for (const coding of triedFor(level, mostCoding)) {
    const payload = prove(coding, plainBytes);
    if (typeof payload !== 'string') {
      const quick = coding === 4 ? prove(2, payload.length) : 'larger';
      if (typeof quick === 'string') return { coding, payload, plainBytes, fallbacks };
      return { coding: 2, payload: quick, plainBytes, fallbacks };
    }
    if (payload !== 'larger') fallbacks.push({ coding, reason: payload });
  }
  return { coding: 0, payload: encodeRanges(0, ranges), plainBytes, fallbacks };
}

/** The codings to try, the highest first: those of the level, then what is below them. */
function triedFor(level: Level, mostCoding: number): readonly Coding[] {
  const below = ([4, 2, 1] as const).filter((coding) => coding < codingOf(level));
  return [...codingsOf[level], ...below].filter((coding) => coding > 0 && coding <= mostCoding);
}

/** Nothing of `belowBytes` and more is worth a proof. */
function proven(
  coding: Coding,
  ranges: readonly RangeToCode[],
  level: Level,
  codec: PayloadCodec,
  belowBytes: number,
): Uint8Array | Fallback['reason'] | 'larger' {
  try {
    const payload = codec.encode(coding, ranges, level);
    if (payload.length >= belowBytes) return 'larger';
    return codec.isProven(coding, payload, ranges) ? payload : 'mismatch';
  } catch {
    return 'failed';
  }
}

/** Of each level the codings that it may be in, the highest first. */
const codingsOf: Readonly<Record<Level, readonly Coding[]>> = {
  raw: [0],
  'fast zstd': [1],
  fast: [2],
  medium: [6, 4],
  'slow link': [6, 5],
};

/** Zstd 3 makes 2 % less of a CT, in half as much time again. */
const zstdLevel = 2;

/** Encodes, and proves by decoding and comparing. */
export const ownCodec: PayloadCodec = {
  encode: (coding, ranges, level) =>
    encodeRanges(coding, ranges, zstdLevel, level === 'medium' ? [4, 2] : [5]),
  isProven: (coding, payload, ranges) =>
    givesBack(
      coding,
      payload,
      ranges.map(({ bytes }) => bytes),
    ),
};
