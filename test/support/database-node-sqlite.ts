import { DatabaseSync } from 'node:sqlite';
import type { Database, DatabaseFault, Migration, Statement, Value } from '#sync/core/database.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';

// The escape hatch of the storage rules, as small as it can be: it proves that the port fits another engine over the
// same file format. Nothing is built on it.

const reserved = /^\s*(begin|commit|end|rollback|attach|pragma|vacuum)\b/i;

export async function openNodeSqlite(
  path: string,
  schema: readonly Migration[],
): Promise<Result<Database, DatabaseFault>> {
  let file: DatabaseSync | undefined;
  try {
    file = new DatabaseSync(path, { timeout: 0 });
    for (const pragma of ['locking_mode = EXCLUSIVE', 'journal_mode = WAL', 'foreign_keys = ON']) {
      file.prepare(`PRAGMA ${pragma}`).all();
    }
    file.exec('BEGIN IMMEDIATE; COMMIT');
    migrate(file, schema);
    return ok(databaseOf(file));
  } catch (thrown) {
    file?.close();
    return fail(faultOf(thrown));
  }
}

function databaseOf(file: DatabaseSync): Database {
  let isOpen = true;
  const attempt = <T>(work: () => T): Result<T, DatabaseFault> => {
    try {
      if (!isOpen) throw new Error('it is closed');
      return ok(work());
    } catch (thrown) {
      return fail(faultOf(thrown));
    }
  };
  return {
    write: async (statements) => attempt(() => transaction(file, statements)),
    read: async (sql, args = []) =>
      attempt(() => {
        check({ sql, args });
        const query = file.prepare(sql);
        query.setReadBigInts(true);
        return query
          .all(...args)
          .map((row) =>
            Object.fromEntries(
              Object.entries(row).map(([column, value]) => [
                column,
                typeof value === 'bigint' && Number.isSafeInteger(Number(value))
                  ? Number(value)
                  : value,
              ]),
            ),
          );
      }),
    backup: async (path) => attempt(() => void file.prepare('VACUUM INTO ?').run(path)),
    async close() {
      if (isOpen) file.close();
      isOpen = false;
    },
  };
}

function transaction(file: DatabaseSync, statements: readonly Statement[]): void {
  statements.forEach(check);
  file.exec('BEGIN IMMEDIATE');
  try {
    for (const { sql, args = [] } of statements) file.prepare(sql).run(...args.map(bound));
    file.exec('COMMIT');
  } catch (thrown) {
    file.exec('ROLLBACK');
    throw thrown;
  }
}

/** This engine, too, stores every JavaScript number as REAL. */
function bound(value: Value): Value {
  return Number.isSafeInteger(value) ? BigInt(Number(value)) : value;
}

function check({ sql, args = [] }: Statement): void {
  const places = sql.replace(/'[^']*'|"[^"]*"|--.*/g, '').split('?').length - 1;
  if (reserved.test(sql) || places !== args.length) throw new Error('misused statement');
}

function migrate(file: DatabaseSync, schema: readonly Migration[]): void {
  const version = Number(file.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > schema.length) throw new Error(`its schema is number ${version}`);
  for (const step of schema.slice(version)) {
    file.exec('BEGIN IMMEDIATE');
    for (const sql of step.statements) file.exec(sql);
    file.exec(`PRAGMA user_version = ${step.version}; COMMIT`);
  }
}

function faultOf(thrown: unknown): DatabaseFault {
  const isBusy = thrown instanceof Error && 'errcode' in thrown && thrown.errcode === 5;
  const kind = isBusy ? 'database/busy' : 'database/refused';
  return fault(kind, thrown instanceof Error ? thrown.message : String(thrown), '');
}
