import { parentPort } from 'node:worker_threads';
import type { Client } from '@libsql/client/sqlite3';
import type { Statement } from '../core/database.ts';
import { fail, ok } from '../core/result.ts';
import {
  connect,
  copyTo,
  degraded,
  disconnect,
  readRows,
  writeBatch,
} from './database-libsql-connection.ts';
import { databaseFault, faultOf } from './database-libsql-fault.ts';
import type { Answer, Job, Outcome } from './database-libsql-jobs.ts';

// The thread that owns the database file. libSQL runs every statement on the thread that asks, so this one blocks
// in place of the event loop that receives images. It ends by `close` alone: a thread that is ended from outside
// while native code runs takes the whole process with it.

const port = parentPort;
if (port === null) throw new Error('database-libsql-worker.ts runs only as a worker thread');

let client: Client | undefined;

port.on('message', (job: Job) => {
  void answer(job).then((outcomes) => {
    port.postMessage(outcomes);
    if (job.kind === 'close') port.unref();
  });
});

async function answer(job: Job): Promise<Answer> {
  switch (job.kind) {
    case 'open': {
      const opened = await connect(job.path, job.schema, job.timeoutMs);
      if (!opened.ok) return [opened];
      client = opened.value;
      return [ok([])];
    }
    case 'write':
      return writeGroup(job.callers);
    case 'read':
      return [await attempt('read the database', (at) => readRows(at, job.sql, job.args))];
    case 'backup':
      return [await backup(job.path)];
    case 'close':
      if (client !== undefined) await disconnect(client);
      client = undefined;
      return [ok([])];
  }
}

/** One commit for all callers; when a statement of one is refused, each caller again for itself. */
async function writeGroup(callers: readonly (readonly Statement[])[]): Promise<Answer> {
  const outcome = await write(callers.flat());
  if (outcome.ok || callers.length === 1 || outcome.fault.kind !== 'database/refused') {
    return callers.map(() => outcome);
  }
  const outcomes: Outcome[] = [];
  for (const statements of callers) outcomes.push(await write(statements));
  return outcomes;
}

function write(statements: readonly Statement[]): Promise<Outcome> {
  return attempt('write to the database', async (at) => {
    await writeBatch(at, statements);
    return [];
  });
}

/** A target that cannot be written says nothing about the database, so it is not `database/io`, which ends the main. */
async function backup(path: string): Promise<Outcome> {
  const outcome = await attempt('copy the database', async (at) => {
    await copyTo(at, path);
    return [];
  });
  if (outcome.ok || outcome.fault.kind !== 'database/io') return outcome;
  return fail(databaseFault('database/refused', outcome.fault.message, outcome.fault.cause));
}

async function attempt(
  action: string,
  work: (client: Client) => ReturnType<typeof readRows>,
): Promise<Outcome> {
  if (client === undefined) {
    // The owner opens again after BUSY, so this is how a failed reopening is tried once more.
    return fail(databaseFault('database/busy', `Cannot ${action}: it is not open`));
  }
  try {
    return ok(await work(client));
  } catch (thrown) {
    const lost = await degraded(client).catch((cause) => faultOf(action, cause));
    return fail(lost ?? faultOf(action, thrown));
  }
}
