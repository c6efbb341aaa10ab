import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { createLedger } from '#sync/adapters/ledger-libsql.ts';
import { ledgerSchema } from '#sync/adapters/ledger-libsql-schema.ts';
import { outgoingSql } from '#sync/adapters/ledger-libsql-statements.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { databasePath } from '../../contract/database.ts';
import { ledgerContract } from '../../contract/ledger.ts';

ledgerContract('ledger on libSQL', async (t) => {
  const path = await databasePath(t);
  const database = expectOk(await openDatabase(path, { schema: ledgerSchema }, silentLog));
  t.after(() => database.close());
  return createLedger(database);
});

test('what is worked with is found by its index, however many receipts there were', async (t) => {
  const path = await databasePath(t);
  const database = expectOk(await openDatabase(path, { schema: ledgerSchema }, silentLog));
  t.after(() => database.close());
  const plan = expectOk(await database.read(`EXPLAIN QUERY PLAN ${outgoingSql}`));
  assert.match(JSON.stringify(plan.map(({ detail }) => detail)), /outgoing_work/);
});
