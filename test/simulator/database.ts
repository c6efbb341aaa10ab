import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Database, Migration, Row, Value } from '#sync/core/database.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';

/** A database of which a backup can be taken. */
export interface CopiedDatabase extends Database {
  copy(): CopiedDatabase;
}

/**
 * A database in memory for the simulator: what was answered is durable, what was not never happened. Statements are
 * prepared once and reads are remembered until the next write, since idle loops ask the same thousands of times.
 */
export function openDatabase(schema: readonly Migration[]): CopiedDatabase {
  const file = new DatabaseSync(':memory:');
  for (const { statements } of schema) for (const sql of statements) file.exec(sql);
  return over(file, schema);
}

function over(file: DatabaseSync, schema: readonly Migration[]): CopiedDatabase {
  const prepared = new Map<string, StatementSync>();
  const known = new Map<string, readonly Row[]>();
  const prepare = (sql: string): StatementSync => {
    const statement = prepared.get(sql) ?? file.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };

  return {
    copy() {
      const other = new DatabaseSync(':memory:');
      for (const { statements } of schema) for (const sql of statements) other.exec(sql);
      copyRows(file, other);
      return over(other, schema);
    },
    write: async (statements) =>
      attempt(() => {
        known.clear();
        file.exec('BEGIN');
        try {
          for (const { sql, args = [] } of statements) prepare(sql).run(...args.map(bound));
          file.exec('COMMIT');
        } catch (cause) {
          file.exec('ROLLBACK');
          throw cause;
        }
      }),
    read: async (sql, args = []) =>
      attempt(() => {
        const key = `${sql} ${args.join(' ')}`;
        const rows = known.get(key) ?? (prepare(sql).all(...args) as readonly Row[]);
        known.set(key, rows);
        return rows;
      }),
    backup: async () => ok(undefined),
    close: async () => undefined,
  };
}

/** Every row of every table; counters of keys that never come again are a table too. */
function copyRows(from: DatabaseSync, to: DatabaseSync): void {
  const tables = from.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  for (const { name } of tables) {
    const select = from.prepare(`SELECT * FROM "${name}"`);
    select.setReadBigInts(true);
    to.exec(`DELETE FROM "${name}"`);
    for (const row of select.all()) {
      const columns = Object.keys(row);
      const places = columns.map(() => '?').join(', ');
      to.prepare(`INSERT INTO "${name}" (${columns.join(', ')}) VALUES (${places})`).run(
        ...Object.values(row),
      );
    }
  }
}

/** A JavaScript number would be stored as REAL. */
function bound(value: Value): Value {
  return Number.isSafeInteger(value) ? BigInt(Number(value)) : value;
}

function attempt<T>(work: () => T): Result<T, ReturnType<typeof refused>> {
  try {
    return ok(work());
  } catch (cause) {
    return fail(refused(cause));
  }
}

function refused(cause: unknown) {
  const message = cause instanceof Error ? cause.message : String(cause);
  return fault('database/refused', message, 'Look at the statement', 'never');
}
