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
