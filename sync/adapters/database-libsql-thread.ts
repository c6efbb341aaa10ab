import { Worker } from 'node:worker_threads';
import { fail } from '../core/result.ts';
import { databaseFault } from './database-libsql-fault.ts';
import type { Answer, Job } from './database-libsql-jobs.ts';

/** A started database thread; it takes one job at a time. */
export interface DatabaseThread {
  /** Runs `job`; a thread that died answers each of the `callers` with `database/io`. */
  ask(job: Job, callers: number): Promise<Answer>;
  /** Closes the file and waits for the thread's own end, which also gives the lock back; never cuts it off. */
  end(): Promise<void>;
}

/** Starts the thread. It keeps the process alive only while a job runs. */
export function startThread(): DatabaseThread {
  const worker = new Worker(new URL('./database-libsql-worker.ts', import.meta.url));
  const exit = Promise.withResolvers<void>();
  let reply: ((answer: Answer | undefined) => void) | undefined;
  let cause: unknown;
  let hasExited = false;
  worker.on('message', (answer: Answer) => reply?.(answer));
  worker.on('error', (thrown) => {
    cause = thrown;
  });
  worker.on('exit', () => {
    hasExited = true;
    reply?.(undefined);
    exit.resolve();
  });
  worker.unref();

  async function ask(job: Job, callers: number): Promise<Answer> {
    const answer = await new Promise<Answer | undefined>((resolve) => {
      if (hasExited) return resolve(undefined);
      reply = resolve;
      worker.ref();
      worker.postMessage(job);
    });
    reply = undefined;
    if (!hasExited && job.kind !== 'close') worker.unref();
    return answer ?? Array.from({ length: callers }, () => ended(cause));
  }

  return {
    ask,
    async end() {
      await ask({ kind: 'close' }, 1);
      await exit.promise;
    },
  };
}

function ended(cause: unknown): Answer[number] {
  return fail(
    databaseFault(
      'database/io',
      `Cannot reach the database: its thread ended by itself (${cause instanceof Error ? cause.message : 'no reason given'})`,
      cause,
    ),
  );
}
