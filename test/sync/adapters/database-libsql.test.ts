import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { databaseContract, databasePath, itemSchema } from '#test/contract/database.ts';
import { smallDisk } from '#test/support/small-disk.ts';

databaseContract('libSQL', (path, schema) => openDatabase(path, { schema }, silentLog));

const writer = fileURLToPath(new URL('../../support/database-writer.ts', import.meta.url));

test('the owner is named while the file is open, and forgotten after', async (t) => {
  const path = await databasePath(t);
  const first = expectOk(await openDatabase(path, { schema: itemSchema }, silentLog));
  const second = await openDatabase(path, { schema: itemSchema }, silentLog);
  assert.match(
    second.ok ? '' : second.fault.message,
    new RegExp(`process ${process.pid} holds it`),
  );
  await first.close();
  assert.deepEqual(await readdir(dirname(path)), [basename(path)]);
});

test('another process is refused at once and told who holds the file', async (t) => {
  const path = await databasePath(t);
  const first = expectOk(await openDatabase(path, { schema: itemSchema }, silentLog));
  const { stdout } = await promisify(execFile)(process.execPath, [writer, path]);
  assert.match(stdout, new RegExp(`process ${process.pid} holds it`));
  await first.close();
});

test('rows that a killed process saw answered are there, and its lock is gone', async (t) => {
  const path = await databasePath(t);
  const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  let answered = -1;
  for await (const text of child.stdout.setEncoding('utf8')) {
    answered = Number(String(text).trimEnd().split('\n').at(-1));
    if (answered > 50) child.kill('SIGKILL');
  }
  const database = expectOk(await openDatabase(path, { schema: itemSchema }, silentLog));
  const [row] = expectOk(await database.read('SELECT max(id) AS last, count(*) AS n FROM item'));
  assert.ok(Number(row?.['last']) >= answered);
  assert.equal(row?.['n'], Number(row?.['last']) + 1);
  await database.close();
});

test('a file that is not a database is reported as damaged and left as it was', async (t) => {
  const path = await databasePath(t);
  const garbage = 'not a database '.repeat(1_000);
  await writeFile(path, garbage);
  const opened = await openDatabase(path, { schema: itemSchema }, silentLog);
  assert.equal(opened.ok ? 'ok' : opened.fault.kind, 'database/corrupt');
  assert.equal(await readFile(path, 'utf8'), garbage);
});

test('a page of zeros is found by the check at open', async (t) => {
  const path = await databasePath(t);
  const database = expectOk(await openDatabase(path, { schema: itemSchema }, silentLog));
  const rows = Array.from({ length: 500 }, (_, id) => ({
    sql: 'INSERT INTO item (id, name) VALUES (?, ?)',
    args: [id, `name ${id}`.repeat(20)],
  }));
  expectOk(await database.write(rows));
  await database.close();
  const bytes = await readFile(path);
  bytes.fill(0, bytes.length - 4_096);
  await writeFile(path, bytes);
  const opened = await openDatabase(path, { schema: itemSchema }, silentLog);
  assert.equal(opened.ok ? 'ok' : opened.fault.kind, 'database/corrupt');
});

test('a folder that does not exist is a disk fault that names the file', async (t) => {
  const path = join(await databasePath(t), 'missing', 'catalog.db');
  const opened = await openDatabase(path, { schema: itemSchema }, silentLog);
  assert.equal(opened.ok ? 'ok' : opened.fault.kind, 'database/io');
  assert.match(opened.ok ? '' : opened.fault.message, /catalog\.db/);
});

test('a migration leaves a copy of the file as it was before', async (t) => {
  const path = await databasePath(t);
  await expectOk(await openDatabase(path, { schema: itemSchema }, silentLog)).close();
  const schema = [...itemSchema, { version: 2, statements: ['DROP TABLE part'] }];
  await expectOk(await openDatabase(path, { schema }, silentLog)).close();
  const copy = expectOk(await openDatabase(`${path}.schema-1`, { schema: itemSchema }, silentLog));
  expectOk(await copy.read('SELECT * FROM part'));
  await copy.close();
});

test('a schema with a gap in its numbers is a bug', async (t) => {
  const path = await databasePath(t);
  await assert.rejects(
    openDatabase(path, { schema: [{ version: 2, statements: [] }] }, silentLog),
    /numbered/,
  );
});

test('a full disk refuses writes and backups, goes on reading, and takes again', async (t) => {
  const folder = await smallDisk(t, '2m');
  if (folder === undefined) return t.skip('needs the right to mount a tmpfs');
  const path = join(folder, 'catalog.db');
  const database = expectOk(await openDatabase(path, { schema: itemSchema }, silentLog));
  const kinds = new Set<string>();
  let answered = 0;
  for (let id = 0; id < 100; id++) {
    const written = await database.write([
      { sql: 'INSERT INTO item (id, name) VALUES (?, ?)', args: [id, `${id} `.repeat(10_000)] },
    ]);
    if (written.ok) answered++;
    else kinds.add(written.fault.kind);
  }
  assert.deepEqual([...kinds], ['database/full']);
  const count = async () =>
    expectOk(await database.read('SELECT count(*) AS n FROM item'))[0]?.['n'];
  assert.equal(await count(), answered);
  assert.ok(!(await database.backup(join(folder, 'copy.db'))).ok);
  await promisify(execFile)('mount', ['-o', 'remount,size=16m', folder]);
  expectOk(await database.write([{ sql: "INSERT INTO item (id, name) VALUES (999, 'room')" }]));
  assert.equal(await count(), answered + 1);
  await database.close();
});

test('a path with characters of a URL is taken as it is', async (t) => {
  const path = join(dirname(await databasePath(t)), 'a b%20#c?d.db');
  await expectOk(await openDatabase(path, { schema: itemSchema }, silentLog)).close();
  assert.deepEqual(await readdir(dirname(path)), [basename(path)]);
});
