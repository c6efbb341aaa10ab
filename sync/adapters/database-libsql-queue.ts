import { basename } from 'node:path';
import type { DatabaseFault } from '../core/database.ts';
import type { Log } from '../core/log.ts';
import { fail } from '../core/result.ts';
import { isFatal } from './database-libsql-fault.ts';
import {
  type Answer,
  type Call,
  type CallJob,
  jobOf,
  type OpenJob,
  type Outcome,
  takeGroup,
} from './database-libsql-jobs.ts';
import { type DatabaseThread, startThread } from './database-libsql-thread.ts';

/** The calls that wait for the database thread. */
export interface DatabaseQueue {
  call(job: CallJob): Promise<Outcome>;
  /** Finishes what is queued, then ends the thread; no call may follow. */
  end(): Promise<void>;
}

/**
 * Feeds the thread: whatever waits when a commit returns is the next commit, with no timer. A thread that answers
 * BUSY is replaced by a new one; one that answers IOERR or CORRUPT is asked nothing more.
 */
export function createQueue(
  first: DatabaseThread,
  open: OpenJob,
  log: Log,
  start: () => DatabaseThread = startThread,
): DatabaseQueue {
  const waiting: Call[] = [];
  let thread = first;
  let running: Promise<void> | undefined;
  let lost: DatabaseFault | undefined;

  async function run(): Promise<void> {
    await undefined; // the callers of one turn share the first commit
    for (let group = takeGroup(waiting); ; group = takeGroup(waiting)) {
      const job = jobOf(group);
      if (job === undefined) break;
      const answer = await execute(job, group.length);
      for (const [index, outcome] of answer.entries()) group[index]?.answer(outcome);
    }
    running = undefined;
  }

  async function execute(job: CallJob, callers: number): Promise<Answer> {
    if (lost !== undefined) return repeated(fail(lost), callers);
    const answer = await thread.ask(job, callers);
    return answer.every(isBusy) ? reopen(job, callers) : noted(answer);
  }

  /** One BUSY poisons a connection (libsql-client-ts issue 352); nothing was committed, so the job goes once more. */
  async function reopen(job: CallJob, callers: number): Promise<Answer> {
    log.warn('database/reopened', { file: basename(open.path) });
    await thread.end();
    thread = start();
    const [opened] = await thread.ask(open, 1);
    if (opened?.ok === false) return noted(repeated(opened, callers));
    return noted(await thread.ask(job, callers));
  }

  function noted(answer: Answer): Answer {
    const fault = faultIn(answer);
    if (fault !== undefined && isFatal(fault.kind)) {
      lost = fault;
      log.error(fault.kind, { file: basename(open.path), message: fault.message });
    }
    return answer;
  }

  return {
    call: (job) =>
      new Promise((answer) => {
        waiting.push({ job, answer });
        running ??= run();
      }),
    async end() {
      await running;
      await thread.end();
    },
  };
}

/** The fault that says most about the file: a fatal one before any other. */
function faultIn(answer: Answer): DatabaseFault | undefined {
  const faults = answer.flatMap((outcome) => (outcome.ok ? [] : [outcome.fault]));
  return faults.find((fault) => isFatal(fault.kind)) ?? faults[0];
}

function isBusy(outcome: Outcome): boolean {
  return !outcome.ok && outcome.fault.kind === 'database/busy';
}

function repeated(outcome: Outcome, callers: number): Answer {
  return Array.from({ length: callers }, () => outcome);
}
