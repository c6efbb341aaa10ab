import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, resolve as resolvePath } from 'node:path';
import type { Database, DatabaseFault, Migration } from '../core/database.ts';
import type { Log } from '../core/log.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { databaseFault } from './database-libsql-fault.ts';
import type { OpenJob } from './database-libsql-jobs.ts';
import { misuseOf } from './database-libsql-misuse.ts';
import { createQueue } from './database-libsql-queue.ts';
import { startThread } from './database-libsql-thread.ts';

export interface DatabaseOptions {
  readonly schema: readonly Migration[];
  /** How long an open may wait for the lock of another owner; default 0, refused at once. */
  readonly timeoutMs?: number;
}

/**
 * Opens the database file `path` (its folder exists) with libSQL in a thread of its own and brings its schema up
 * to date. The file belongs to this process until `close`: a second opener gets `database/busy`, which names the
 * owner by `<path>.owner`. After `database/io` or `database/corrupt` every later call is answered with that fault:
 * the main ends with exit code 75 and recovers at the next start. Never read the file itself from this process:
 * closing any handle on it gives up the lock (POSIX record locks).
 */
export async function openDatabase(
  path: string,
  { schema, timeoutMs = 0 }: DatabaseOptions,
  log: Log,
): Promise<Result<Database, DatabaseFault>> {
  if (schema.some((step, index) => step.version !== index + 1)) {
    throw new Error('Migrations are numbered 1, 2, 3 ... in order');
  }
  const open: OpenJob = { kind: 'open', path: resolvePath(path), schema, timeoutMs };
  const thread = startThread();
  const [opened] = await thread.ask(open, 1);
  if (opened?.ok !== true) {
    await thread.end();
    return fail(
      await namingOwner(opened?.fault ?? databaseFault('database/io', 'No answer'), open),
    );
  }
  await nameOwner(open, log);
  return ok(databaseOf(createQueue(thread, open, log), ownerFile(open)));
}

function databaseOf(queue: ReturnType<typeof createQueue>, owner: string): Database {
  let closing: Promise<void> | undefined;
  const closed = (): DatabaseFault | undefined =>
    closing && databaseFault('database/refused', 'Cannot use the database: it is closed');

  return {
    async write(statements) {
      const refusal = closed() ?? misuseOf(statements);
      if (refusal !== undefined) return fail(refusal);
      const outcome = await queue.call({ kind: 'write', callers: [statements] });
      return outcome.ok ? ok(undefined) : outcome;
    },
    async read(sql, args = []) {
      const refusal = closed() ?? misuseOf([{ sql, args }]);
      return refusal === undefined ? queue.call({ kind: 'read', sql, args }) : fail(refusal);
    },
    async backup(path) {
      const refusal = closed();
      if (refusal !== undefined) return fail(refusal);
      const outcome = await queue.call({ kind: 'backup', path: resolvePath(path) });
      return outcome.ok ? ok(undefined) : outcome;
    },
    close() {
      closing ??= queue.end().then(() => rm(owner, { force: true }));
      return closing;
    },
  };
}

function ownerFile(open: OpenJob): string {
  return `${open.path}.owner`;
}

/** The name is a courtesy to whoever comes second; the lock itself is in the database file. */
async function nameOwner(open: OpenJob, log: Log): Promise<void> {
  try {
    await writeFile(ownerFile(open), `${process.pid}\n`, { mode: 0o600 });
  } catch (cause) {
    log.warn('database/owner-unnamed', { file: basename(open.path), cause: String(cause) });
  }
}

async function namingOwner(fault: DatabaseFault, open: OpenJob): Promise<DatabaseFault> {
  const file = basename(open.path);
  if (fault.kind !== 'database/busy') {
    return { ...fault, message: `${fault.message} ("${file}")` };
  }
  const pid = Number.parseInt(await readFile(ownerFile(open), 'utf8').catch(() => ''), 10);
  const holder = Number.isNaN(pid) ? 'another process' : `process ${pid}`;
  return databaseFault('database/busy', `Cannot open the database "${file}": ${holder} holds it`);
}
