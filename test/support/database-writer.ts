import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { silentLog } from '#sync/core/log.ts';
import { itemSchema } from '#test/contract/database.ts';

// A process that writes rows 0, 1, 2 ... and prints each number once its row was answered; it ends by being killed.
// When the file cannot be opened it prints the reason and ends.

const path = process.argv[2] ?? '';
const opened = await openDatabase(path, { schema: itemSchema }, silentLog);
if (opened.ok) {
  for (let id = 0; ; id++) {
    const written = await opened.value.write([
      { sql: 'INSERT INTO item (id, name) VALUES (?, ?)', args: [id, `n${id}`] },
    ]);
    if (!written.ok) throw new Error(written.fault.message);
    console.log(id);
  }
}
console.log(opened.fault.message);
