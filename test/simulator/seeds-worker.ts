import './cheap-seals.ts';
import './virtual-files.ts';
import { parentPort, workerData } from 'node:worker_threads';
import type { Outcome } from './simulate.ts';

/** A share of the work. */
export interface Share {
  readonly seeds: readonly number[];
}

// Every abort makes an error with a stack, and there are many thousand: short ones are a tenth of the time.
Error.stackTraceLimit = 3;

const { simulate } = await import('./simulate.ts');
const { seeds } = workerData as Share;

// Stops at the first violation: the rest of the share would only repeat it.
const outcomes: Outcome[] = [];
for (const seed of seeds) {
  const outcome = await simulate(seed);
  outcomes.push(outcome);
  if (outcome.violation !== undefined) break;
}
parentPort?.postMessage(outcomes);
