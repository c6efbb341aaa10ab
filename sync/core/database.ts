import type { Fault } from './fault.ts';
import type { Result } from './result.ts';

/** A value that a database column holds; integers beyond 2^53 are bigint. */
export type Value = null | string | number | bigint | Uint8Array;

/** One SQL statement with its arguments, bound in order to `?`. */
export interface Statement {
  readonly sql: string;
  readonly args?: readonly Value[];
}

/** One row, by column name. */
export type Row = Readonly<Record<string, Value>>;

export type DatabaseFault = Fault<
  'database/full' | 'database/io' | 'database/corrupt' | 'database/busy' | 'database/refused'
>;

/**
 * One forward-only step of a schema. `version` counts 1, 2, 3 ... without a gap and becomes the file's
 * `user_version`; the statements run in one transaction with it.
 */
export interface Migration {
  readonly version: number;
  readonly statements: readonly string[];
}

/**
 * The small driver port over an embedded database file that one worker owns (storage rules of the design).
 * Every call may be made from any number of callers at once; calls are answered in the order they were made.
 */
export interface Database {
  /**
   * Runs `statements` in one transaction. Calls that wait together are committed as one group; the answer comes
   * after COMMIT, so an `ok` is durable. Idempotent only if the statements are.
   */
  write(statements: readonly Statement[]): Promise<Result<void, DatabaseFault>>;
  /** Reads rows; sees every write that was answered before the call. */
  read(sql: string, args?: readonly Value[]): Promise<Result<readonly Row[], DatabaseFault>>;
  /** Writes a consistent copy to the new file `path` (VACUUM INTO). */
  backup(path: string): Promise<Result<void, DatabaseFault>>;
  /** Finishes what is queued and closes the file; later calls are refused. */
  close(): Promise<void>;
}
