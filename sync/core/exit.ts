/** Exit codes of every program and of the `outpost` command (names after sysexits.h where one fits). */
export const exitCode = {
  /** All went well. */
  ok: 0,
  /** The question was answered, and the answer is no: damage found, not confirmed, not delivered. */
  no: 1,
  /** The command line cannot be understood. */
  usage: 64,
  /** Input that was named cannot be used: a missing or damaged file, a refused pack. */
  data: 65,
  /** The program that should answer is not running. */
  unavailable: 69,
  /** A disk or database error; start again and recover. */
  temporary: 75,
  /** The config cannot be used. */
  config: 78,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];
