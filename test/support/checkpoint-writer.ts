import type { Client } from '@libsql/client/sqlite3';
import { connect, disconnect, writeBatch } from '#sync/adapters/database-libsql-connection.ts';
import type { Migration } from '#sync/core/database.ts';
import { expectOk } from '#sync/core/result.ts';
import { itemSchema } from '#test/contract/database.ts';

/** The second schema changes every row, so that a migration takes its time and half of one is seen. */
export const longerSchema: readonly Migration[] = [
  ...itemSchema,
  { version: 2, statements: ["UPDATE item SET name = name || '+'"] },
];
/** More than SQLite keeps in memory: a migration of them is written in parts. */
export const filledRows = 8_000;
const text = 'x'.repeat(400);

// A process for power cuts, with the connection that the programs use. `rows` writes row after row from `first` on
// and prints each number when it is committed, with a checkpoint behind nearly every commit; `fill` writes many at
// once; `migrate` opens with the second schema.

const [path = '', what = '', first = '0'] = process.argv.slice(2);
if (path !== '') await run();

async function run(): Promise<void> {
  console.log('begun');
  const client = expectOk(await connect(path, what === 'migrate' ? longerSchema : itemSchema, 0));
  console.log('open');
  if (what === 'fill')
    await writeBatch(
      client,
      Array.from({ length: filledRows }, (_, id) => row(id)),
    );
  if (what === 'rows') await writeRows(client, Number(first));
  await disconnect(client);
  console.log('done');
}

async function writeRows(client: Client, from: number): Promise<void> {
  await client.execute('PRAGMA wal_autocheckpoint = 4');
  for (let id = from; ; id++) {
    await writeBatch(client, [row(id)]);
    console.log(id);
  }
}

function row(id: number) {
  return { sql: 'INSERT INTO item (id, name) VALUES (?, ?)', args: [id, `${id} ${text}`] };
}
