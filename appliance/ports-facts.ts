import type { Result } from '#sync/core/result.ts';
import type { StoreFault } from './ports-store.ts';
import type { BoxFact } from './store/facts.ts';

/** A place in the log of facts: file name and byte offset behind the last fact that counts. */
export interface FactPosition {
  readonly file: string;
  readonly offset: number;
}

/** The append-only log of what happened to letters (`letters/` in the data folder). */
export interface FactLog {
  /** Appends `facts` in one write; durable on `ok`. The answer is the place behind them. */
  append(facts: readonly BoxFact[]): Promise<Result<FactPosition, StoreFault>>;
  /** Every whole fact behind `from` (undefined: all), in order. A torn or damaged line is counted and skipped. */
  read(
    from: FactPosition | undefined,
  ): AsyncIterable<{ readonly fact: BoxFact; readonly position: FactPosition }>;
  /** Lines that could not be read since the start. */
  damagedLines(): number;
  close(): Promise<void>;
}
