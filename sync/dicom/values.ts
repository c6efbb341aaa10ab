import { constants, inflateRawSync } from 'node:zlib';
import {
  type Encoding,
  explicitBigEndian,
  explicitLittleEndian,
  hasKnownVr,
  implicitLittleEndian,
} from './element.ts';
import { tag } from './tags.ts';
import { transferSyntax } from './transfer-syntaxes.ts';
import { type WalkEnd, walk } from './walk.ts';

/** Bytes kept of one value: longer ones are illegal for everything the box reads. */
const maxValueBytes = 1_024;

/** Bytes of a deflated dataset that are inflated to find its attributes, and the most they may grow to. */
const deflatedHeadBytes = 64 * 1024;
const inflatedHeadBytes = 4 * 1024 * 1024;

export interface HeadValues {
  /** The first value of each wanted tag of the top level; at most `maxValueBytes` of it, sharing the input's buffer. */
  readonly values: ReadonlyMap<number, Uint8Array>;
  readonly end: WalkEnd;
  /** Whether the walk ran over the dataset itself, so that its offsets are the dataset's. */
  readonly isInflated: boolean;
}

/**
 * The raw values of `wanted` tags from the first bytes of a dataset, or undefined when it is deflated and does not
 * inflate. Group 0002 and command elements inside a dataset are passed over.
 */
export function readValues(
  head: Uint8Array,
  transferSyntaxUid: string,
  wanted: ReadonlySet<number>,
): HeadValues | undefined {
  const isDeflated = transferSyntaxUid === transferSyntax.deflated;
  const plain = isDeflated ? inflateHead(head) : head;
  if (plain === undefined) return undefined;
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const values = new Map<number, Uint8Array>();
  const end = walk(view, encodingOf(view, transferSyntaxUid), (element) => {
    if (!wanted.has(element.tag) || values.has(element.tag)) return;
    const length = Math.min(element.length ?? 0, maxValueBytes);
    values.set(element.tag, plain.subarray(element.valueAt, element.valueAt + length));
  });
  return { values, end, isInflated: isDeflated };
}

/** By the transfer syntax; by the first element where that plainly contradicts it, as some writers do. */
export function encodingOf(view: DataView, transferSyntaxUid: string): Encoding {
  if (transferSyntaxUid === transferSyntax.explicitBigEndian) return explicitBigEndian;
  const isExplicit = transferSyntaxUid !== transferSyntax.implicitLittleEndian;
  const isFirstKnown = view.byteLength >= 8 && view.getUint16(0, true) >= firstDatasetGroup;
  if (!isFirstKnown) return isExplicit ? explicitLittleEndian : implicitLittleEndian;
  return hasKnownVr(view, 0) ? explicitLittleEndian : implicitLittleEndian;
}

/**
 * Inflates the start of `head` in growing steps and keeps the last that stays small: a bomb gives up early, and a
 * head that ends in the middle of the stream is no fault.
 */
export function inflateHead(head: Uint8Array): Uint8Array | undefined {
  let inflated: Uint8Array | undefined;
  for (let take = 4 * 1024; ; take *= 4) {
    const next = inflate(head.subarray(0, Math.min(take, deflatedHeadBytes)));
    if (next === undefined) return inflated;
    inflated = next;
    if (take >= head.length || take >= deflatedHeadBytes) return inflated;
  }
}

function inflate(bytes: Uint8Array): Uint8Array | undefined {
  try {
    const options = {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: inflatedHeadBytes,
    };
    return new Uint8Array(inflateRawSync(bytes, options));
  } catch {
    return undefined;
  }
}

const firstDatasetGroup = 0x0008;

/** All tags that the box reads of an instance. */
export const instanceTags: ReadonlySet<number> = new Set(
  Object.values(tag).filter((number) => number >= 0x00080000 && number < tag.PixelData),
);
