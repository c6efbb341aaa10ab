/** How a child process ended. */
export interface Ran {
  /** Exit code; 128 when a signal or the deadline ended it, 127 when it could not be started. */
  readonly code: number;
  readonly output: string;
  readonly complaint: string;
}

/**
 * Runs a command to its end, without a shell and without standard input; never rejects. It is ended after
 * `timeoutMs`, 60 s unless given. May be called again and at the same time.
 */
export type Run = (
  command: readonly string[],
  options?: { readonly timeoutMs?: number },
) => Promise<Ran>;

/** What one probe of `check` has found. */
export interface Finding {
  readonly name: string;
  readonly outcome: 'ok' | 'failed' | 'skipped';
  /** What was seen, and what to do when it is not well; one line. */
  readonly text: string;
}
