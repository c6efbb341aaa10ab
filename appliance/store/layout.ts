/** Length of a segment header, a record head and a record tail; FORMAT.md has the bytes. */
export const segmentHeaderSizeBytes = 512;
export const recordHeadSizeBytes = 512;
export const recordTailSizeBytes = 512;

/** Records start at multiples of this, so no write ever touches a page of an earlier, durable record. */
export const recordAlignment = 4_096;

/** Offset of the first record of a segment. */
export const firstRecordOffset = recordAlignment;

/** Where the parts of one record lie in its segment, byte offsets. */
export interface RecordLayout {
  readonly recordOffset: number;
  readonly payloadOffset: number;
  readonly payloadSizeBytes: number;
  readonly tailOffset: number;
  /** Just behind the record: where the next one starts. */
  readonly nextOffset: number;
}

/**
 * Bytes of a dataset that are read for its attributes, at its arrival and again at every replay: the same, or an
 * instance with long private values could belong to a study when it came and to none after a restart.
 */
export const datasetHeadSizeBytes = 256 * 1024;

/** The layout of a record of `payloadSizeBytes` that starts at `recordOffset` (a multiple of 4,096). */
export function layoutOf(recordOffset: number, payloadSizeBytes: number): RecordLayout {
  const payloadOffset = recordOffset + recordHeadSizeBytes;
  const tailOffset = alignUp(payloadOffset + payloadSizeBytes, recordTailSizeBytes);
  const nextOffset = alignUp(tailOffset + recordTailSizeBytes, recordAlignment);
  return { recordOffset, payloadOffset, payloadSizeBytes, tailOffset, nextOffset };
}

/** The lowest multiple of `alignment` that is not below `offset`. */
function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}
