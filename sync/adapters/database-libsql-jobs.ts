import type { DatabaseFault, Migration, Row, Statement, Value } from '../core/database.ts';
import type { Result } from '../core/result.ts';

/** What the owner asks of the database thread; one job at a time, the next one after the answer. */
export type Job = OpenJob | CallJob | { readonly kind: 'close' };

export interface OpenJob {
  readonly kind: 'open';
  readonly path: string;
  readonly schema: readonly Migration[];
  readonly timeoutMs: number;
}

/** A job that a caller waits for. */
export type CallJob =
  | { readonly kind: 'write'; readonly callers: readonly (readonly Statement[])[] }
  | { readonly kind: 'read'; readonly sql: string; readonly args: readonly Value[] }
  | { readonly kind: 'backup'; readonly path: string };

/** The outcome of one call; a write has no rows. */
export type Outcome = Result<readonly Row[], DatabaseFault>;

/** The answer to a job: an outcome for each caller of a write, one for every other job. */
export type Answer = readonly Outcome[];

/** One call in the queue of the owner. */
export interface Call {
  readonly job: CallJob;
  answer(outcome: Outcome): void;
}

/** At most this many statements share one commit; a single call with more is a group of its own. */
const maxGroupStatements = 256;

/**
 * Takes the next group off the queue: neighbouring writes together, everything else alone, always from the front,
 * so that answers keep the order of the calls.
 */
export function takeGroup(queue: Call[]): readonly Call[] {
  let length = 0;
  let statements = 0;
  for (const { job } of queue) {
    statements += job.kind === 'write' ? job.callers.flat().length : Number.POSITIVE_INFINITY;
    if (length > 0 && statements > maxGroupStatements) break;
    length++;
  }
  return queue.splice(0, length);
}

/** The one job of a group. */
export function jobOf(group: readonly Call[]): CallJob | undefined {
  const [first] = group;
  if (first === undefined || group.length === 1) return first?.job;
  return {
    kind: 'write',
    callers: group.flatMap(({ job }) => (job.kind === 'write' ? job.callers : [])),
  };
}
