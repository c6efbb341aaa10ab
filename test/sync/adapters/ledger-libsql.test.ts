import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { createLedger } from '#sync/adapters/ledger-libsql.ts';
import { ledgerSchema } from '#sync/adapters/ledger-libsql-schema.ts';
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
