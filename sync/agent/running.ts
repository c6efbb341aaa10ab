/** An upload under way, which may have to make way for a STAT pack. */
export interface Running {
  readonly isStat: boolean;
  readonly sizeBytes: number;
  stop(): void;
}
