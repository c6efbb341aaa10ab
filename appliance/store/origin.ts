/** Where a study came from, and who said whose it is. */
export interface StudyOrigin {
  /** When it came from a medium, and when a person asked to send it (null: not yet). Null: no outside study. */
  readonly outside: { readonly markedAtMs: number; readonly releasedAtMs: number | null } | null;
  /** A device of the clinic sent of it. */
  readonly isFromDevice: boolean;
  readonly assigned: { readonly by: string; readonly atMs: number } | null;
  /** Images of it lost something to compression. */
  readonly isLossy: boolean;
}
