/**
 * What a caller may do about an expected failure: `never` = the same input fails again, `later` = back off and
 * try again, `now` = the state was corrected, go on at once.
 */
export type Retry = 'never' | 'later' | 'now';

/**
 * An expected failure with a reason and a next step.
 *
 * `kind` is a stable code like `seal/unknown-key` (folder, slash, name; support reads it). `message` follows the
 * house style: sentence case, active voice, the attempted action, the quoted value, no final period; below
 * `appliance/` and `tui/` it never holds a patient name, a UID or a key. `next` tells a person what to do.
 */
export interface Fault<K extends string = string> {
  readonly kind: K;
  readonly message: string;
  readonly next: string;
  readonly retry: Retry;
  readonly cause?: unknown;
}

/** Builds a fault; `cause` is kept only when given. */
export function fault<K extends string>(
  kind: K,
  message: string,
  next: string,
  retry: Retry = 'never',
  cause?: unknown,
): Fault<K> {
  return cause === undefined
    ? { kind, message, next, retry }
    : { kind, message, next, retry, cause };
}
