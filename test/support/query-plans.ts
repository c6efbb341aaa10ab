import type { TestContext } from 'node:test';
import { catalogMigrations } from '#appliance/adapters/catalog-schema.ts';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import type { Database } from '#sync/core/database.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { databasePath } from '../contract/database.ts';

export interface QueryPlan {
  readonly sql: string;
  /** The steps of SQLite's plan, joined by `; `. */
  readonly plan: string;
}

/** The database of an empty catalog, which notes how it goes about every reading. */
export async function explainingDatabase(
  t: TestContext,
): Promise<{ readonly database: Database; readonly plans: QueryPlan[] }> {
  const path = await databasePath(t);
  const database = expectOk(await openDatabase(path, { schema: catalogMigrations }, silentLog));
  t.after(() => database.close());
  const plans: QueryPlan[] = [];
  const explaining: Database = {
    ...database,
    read: async (sql, args) => {
      const steps = expectOk(await database.read(`EXPLAIN QUERY PLAN ${sql}`, args));
      plans.push({ sql, plan: steps.map((step) => String(step['detail'])).join('; ') });
      return database.read(sql, args);
    },
  };
  return { database: explaining, plans };
}
