import type { BitCoder } from './bit-coder.ts';

/** Frames one after another, each perhaps with reference to one before it. */
export interface FrameSeries {
  /** How far back the frame lies that resembles this one most, 0 when none has its size. */
  resembling(frame: SeriesFrame): number;
  /** An encoder reads the samples, a decoder fills them. A reference that does not fit counts as none. */
  code(frame: SeriesFrame, bytesPerSample: number, top: number, distance: number): void;
}

export interface SeriesFrame {
  readonly samples: Uint16Array;
  /** Samples of a row, and of a pixel. */
  readonly width: number;
  readonly components: number;
}

export type CreateSeries = (coder: BitCoder) => FrameSeries;
