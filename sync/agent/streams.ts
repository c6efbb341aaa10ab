/** How it stands with streams on the way to one relay. */
export interface StreamTrust {
  breaks: number;
  /** Monotonic time before which mail is asked for, not listened to. */
  pollUntilMs: number;
}
