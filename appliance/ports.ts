import type { Fault } from '#sync/core/fault.ts';
import type { Result } from '#sync/core/result.ts';

export type StoreFault = Fault<
  'store/full' | 'store/io' | 'store/closed' | 'store/damaged' | 'store/too-large'
>;

/** What is known of an instance when its first byte arrives. */
export interface Arrival {
  readonly arrivedAtMs: number;
  /** AE title of the sender, or '' for a file. */
  readonly callingAeTitle: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  /** Preamble and group 0002; the dataset follows by `write`. Together they are the stored Part 10 object. */
  readonly fileHeader: Uint8Array;
}

/** Where a record lies, and what its tail says: all that start-up can read back from a segment. */
export interface StoredRecord {
  readonly arrival: Omit<Arrival, 'fileHeader'>;
  /** File name of the segment, e.g. `lane-3-0000017.seg`. */
  readonly segment: string;
  /** Byte offset of the record head in its segment. */
  readonly recordOffset: number;
  /** Byte offset of the payload (the Part 10 object) in its segment. */
  readonly payloadOffset: number;
  /** Length of the payload, bytes. */
  readonly payloadSizeBytes: number;
  /** Length of preamble and group 0002 at the start of the payload; the dataset is the rest. */
  readonly fileHeaderSizeBytes: number;
  /** SHA-256 of the dataset bytes, lower-case hex: the instance digest. */
  readonly datasetSha256: string;
  /** From the tail; undefined when the dataset did not tell. */
  readonly studyInstanceUid: string | undefined;
  readonly seriesInstanceUid: string | undefined;
  /** Byte offset just behind the record: where the next one starts. */
  readonly nextOffset: number;
}

/** Takes the bytes of one instance. One writer is one instance in one lane. */
export interface InstanceWriter {
  /** Appends dataset bytes; the store owns them from now on. False: stop until `drained` resolves. */
  write(bytes: Uint8Array): boolean;
  drained(): Promise<void>;
  /** The first `maxBytes` (65,536 or more) of the dataset so far, for reading its attributes. */
  head(): Uint8Array;
  /** Writes the tail and waits for the grouped fdatasync: `ok` means durable, and success may be said. */
  finish(ids: {
    readonly studyInstanceUid: string | undefined;
    readonly seriesInstanceUid: string | undefined;
  }): Promise<Result<StoredRecord, StoreFault>>;
  /** Gives the instance up. Its torn bytes stay, counted; the lane goes on in a new segment. */
  abort(): void;
}

/** The append-only store of instances (storage rules of the design). */
export interface InstanceStore {
  /** A writer in a free lane (at most eight are open; more callers wait). Fails at once when the disk is full. */
  begin(arrival: Arrival): Promise<Result<InstanceWriter, StoreFault>>;
  /** Reads `length` payload bytes from `offset` within the payload of a record. The caller owns the buffer. */
  read(
    record: Pick<StoredRecord, 'segment' | 'payloadOffset' | 'payloadSizeBytes'>,
    offset: number,
    length: number,
  ): Promise<Result<Uint8Array, StoreFault>>;
  /** Every whole record from `from` on (a byte offset by segment; absent = 0), in order, for replay and rebuild. */
  records(from: ReadonlyMap<string, number>): AsyncIterable<StoredRecord>;
  /** Bytes free for new instances, and whether intake must refuse. */
  space(): Promise<{
    readonly freeBytes: number;
    readonly totalBytes: number;
    readonly isFull: boolean;
  }>;
  /** Torn tails that were found and kept since the start. */
  tornTails(): number;
  close(): Promise<void>;
}
