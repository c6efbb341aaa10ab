import { createTally, type Tally } from '../core/metrics.ts';

/** What the relay counts as it goes, for its metrics. */
export interface RelayTallies {
  /** Answers by class of their status: `2xx`. */
  readonly answers: Tally;
  /** Refusals by the code that was answered. */
  readonly refusals: Tally;
  /** Bytes of packs: `received` and `sent`; packs: `kept` and `taken`. */
  readonly bytes: Tally;
  readonly packs: Tally;
}

export function createRelayTallies(): RelayTallies {
  return {
    answers: createTally(),
    refusals: createTally(),
    bytes: createTally(),
    packs: createTally(),
  };
}
