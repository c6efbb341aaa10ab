import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Client, InStatement } from '@libsql/client/sqlite3';
import { createClient } from '@libsql/client/sqlite3';
import type { DatabaseFault, Migration, Row, Statement, Value } from '../core/database.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { databaseFault, faultOf } from './database-libsql-fault.ts';

/** What a healthy connection answers; a connection that differs must not be written to. */
const expected = {
  locking_mode: 'exclusive',
  journal_mode: 'wal',
  synchronous: 2,
  foreign_keys: 1,
};

/**
 * Opens the file in the order that the storage rules give: exclusive lock, WAL, FULL, foreign keys, the assertion
 * that all four hold, `quick_check`, then the migrations that are missing (after a copy of the file as it was).
 * `timeoutMs` is the wait for a lock that another owner holds; 0 refuses at once.
 */
export async function connect(
  path: string,
  schema: readonly Migration[],
  timeoutMs: number,
): Promise<Result<Client, DatabaseFault>> {
  let client: Client | undefined;
  try {
    client = createClient({
      url: pathToFileURL(path).href,
      concurrency: 1,
      intMode: 'bigint',
      timeout: timeoutMs,
    });
    await client.execute('PRAGMA locking_mode = EXCLUSIVE');
    await client.execute('PRAGMA journal_mode = WAL');
    await client.execute('PRAGMA synchronous = FULL');
    await client.execute('PRAGMA foreign_keys = ON');
    await client.batch([], 'write');
    const refusal =
      (await degraded(client)) ?? (await damaged(client)) ?? (await migrate(client, path, schema));
    if (refusal === undefined) return ok(client);
    await disconnect(client);
    return fail(refusal);
  } catch (thrown) {
    if (client !== undefined) await disconnect(client);
    return fail(faultOf('open the database', thrown));
  }
}

/** The fault of a connection that lost its settings (the client may replace one silently), or undefined. */
export async function degraded(client: Client): Promise<DatabaseFault | undefined> {
  for (const [name, value] of Object.entries(expected)) {
    const found = await pragma(client, name);
    if (found !== value) {
      return databaseFault(
        'database/io',
        `Cannot use the database: ${name} is "${found}" where "${value}" is required`,
      );
    }
  }
  return undefined;
}

export async function readRows(
  client: Client,
  sql: string,
  args: readonly Value[],
): Promise<readonly Row[]> {
  const { rows } = await client.execute(bound({ sql, args }));
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([column, value]) => [column, unbound(value)])),
  );
}

export async function writeBatch(client: Client, statements: readonly Statement[]): Promise<void> {
  await client.batch(statements.map(bound), 'write');
}

/**
 * Closes the file. Leaving WAL and the exclusive mode first gives the lock back at once: `close` alone waits for
 * the statements of the binding to be collected, and until then the file cannot be opened again.
 * What this cannot write stays in the WAL, where the next open finds it.
 */
export async function disconnect(client: Client): Promise<void> {
  try {
    await client.execute('PRAGMA journal_mode = DELETE');
    await client.execute('PRAGMA locking_mode = NORMAL');
    await client.execute('SELECT count(*) FROM sqlite_schema');
  } catch {
    // Not ours, or damaged: the caller already tells about it.
  }
  client.close();
}

/** A consistent copy under the name `path`, complete and durable or absent. */
export async function copyTo(client: Client, path: string): Promise<void> {
  const part = `${path}.part`;
  rmSync(part, { force: true });
  await client.execute({ sql: 'VACUUM INTO ?', args: [part] });
  syncPath(part);
  renameSync(part, path);
  syncPath(dirname(path));
}

async function damaged(client: Client): Promise<DatabaseFault | undefined> {
  const found = await pragma(client, 'quick_check(1)', 'quick_check');
  if (found === 'ok') return undefined;
  return databaseFault('database/corrupt', `Cannot use the database: quick_check says "${found}"`);
}

async function migrate(
  client: Client,
  path: string,
  schema: readonly Migration[],
): Promise<DatabaseFault | undefined> {
  const version = Number(await pragma(client, 'user_version'));
  if (version > schema.length) {
    return databaseFault(
      'database/refused',
      `Cannot open the database: its schema is number ${version}, this program knows ${schema.length}; install the newer program again`,
    );
  }
  const missing = schema.slice(version);
  if (version > 0 && missing.length > 0) await copyTo(client, `${path}.schema-${version}`);
  for (const step of missing) {
    await client.batch([...step.statements, `PRAGMA user_version = ${step.version}`], 'write');
  }
  return undefined;
}

async function pragma(client: Client, name: string, column = name): Promise<Value | undefined> {
  const [row] = await readRows(client, `PRAGMA ${name}`, []);
  return row?.[column];
}

/** The binding stores every JavaScript number as REAL; whole numbers go as bigint so that they stay integers. */
function bound({ sql, args = [] }: Statement): InStatement {
  return {
    sql,
    args: args.map((value) =>
      typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value,
    ),
  };
}

function unbound(value: null | string | number | bigint | ArrayBuffer): Value {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
