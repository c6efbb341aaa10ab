/** One frame on its way: `samples` are read by an encoder and filled by a decoder. */
export interface Frame {
  readonly samples: Uint16Array;
  /** Samples of a row, and of a pixel. */
  readonly width: number;
  readonly components: number;
  /** Largest value that a sample can have. */
  readonly top: number;
  /** Another frame of the same size that both ends have, if one resembles this one. */
  readonly reference: Reference | undefined;
  /** Receives how far each prediction was off (255 at most), for frames that refer to this one. */
  readonly misses: Uint8Array;
}

export interface Reference {
  readonly samples: Uint16Array;
  readonly misses: Uint8Array;
}
