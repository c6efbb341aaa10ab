import type { Fault } from '#sync/core/fault.ts';
import type { Result } from '#sync/core/result.ts';
import type { Arrival, StoredRecord } from './store/stored-record.ts';

export type StoreFault = Fault<
  'store/full' | 'store/io' | 'store/closed' | 'store/damaged' | 'store/too-large'
>;

/** Takes the bytes of one instance. One writer is one instance in one lane. */
export interface InstanceWriter {
  /** Copies dataset bytes. False: stop until `drained` resolves. */
  write(bytes: Uint8Array): boolean;
  drained(): Promise<void>;
  /**
   * The first 262,144 bytes of the dataset so far, for reading its attributes. A view into the writer's memory, good
   * until `finish` or `abort`.
   */
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
  /**
   * A writer in a free lane (at most eight are open; more callers wait). Fails at once when the disk is full;
   * `mayUseReserve` is for copies that make room.
   */
  begin(arrival: Arrival, mayUseReserve?: boolean): Promise<Result<InstanceWriter, StoreFault>>;
  /**
   * Reads `length` payload bytes from `offset` within the payload of a record. The caller owns the buffer. A fault is
   * `store/damaged`; a machine that is short of open files or memory throws, since that says nothing of the record.
   */
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

/** The disk of the data folder as a whole. */
export interface DataDisk {
  /**
   * Writes a few bytes and makes them durable, in a file of its own. `store/io`: the disk cannot be written, and its
   * `cause` is the system's error.
   */
  probe(): Promise<Result<void, StoreFault>>;
  /**
   * Lets the ballast go when nearly nothing is left, and takes it back when there is plenty. `isShort` while it is
   * gone; `isOutOfFiles` when no more than a handful of files can be made, whatever the bytes say.
   */
  room(): Promise<{ readonly isShort: boolean; readonly isOutOfFiles: boolean }>;
}
