import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Database, DatabaseFault, Migration } from '#sync/core/database.ts';
import { expectOk, type Result } from '#sync/core/result.ts';

export type OpenDatabase = (
  path: string,
  schema: readonly Migration[],
) => Promise<Result<Database, DatabaseFault>>;

export const itemSchema: readonly Migration[] = [
  {
    version: 1,
    statements: [
      'CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, value ANY) STRICT',
      'CREATE TABLE part (item INTEGER NOT NULL REFERENCES item (id))',
    ],
  },
];

/** A fresh folder and file name for a database; removed when the test ends. */
export async function databasePath(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-database-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'catalog.db');
}

/** What every implementation of the `Database` port does; `name` says which one failed. */
export function databaseContract(name: string, open: OpenDatabase): void {
  async function opened(t: TestContext): Promise<Database> {
    const database = expectOk(await open(await databasePath(t), itemSchema));
    t.after(() => database.close());
    return database;
  }
  const insert = (id: number | bigint, itemName: string, value: string | number | null = null) => ({
    sql: 'INSERT INTO item (id, name, value) VALUES (?, ?, ?)',
    args: [id, itemName, value],
  });
  const count = async (database: Database): Promise<unknown> =>
    expectOk(await database.read('SELECT count(*) AS n FROM item'))[0]?.['n'];

  test(`${name}: every kind of value comes back as it went in`, async (t) => {
    const database = await opened(t);
    const values = [
      null,
      'text é',
      '',
      0,
      -1,
      1.5,
      2 ** 53 - 1,
      2n ** 62n,
      new Uint8Array([0, 255]),
    ];
    expectOk(
      await database.write(
        values.map((value, id) => ({
          sql: 'INSERT INTO item (id, name, value) VALUES (?, ?, ?)',
          args: [id, `n${id}`, value],
        })),
      ),
    );
    const rows = expectOk(await database.read('SELECT value FROM item ORDER BY id'));
    assert.deepEqual(
      rows.map((row) => row['value']),
      values,
    );
    const [types] = expectOk(
      await database.read('SELECT typeof(value) AS t FROM item WHERE value = ?', [-1]),
    );
    assert.equal(types?.['t'], 'integer');
  });

  test(`${name}: a view into a larger buffer stores only its own bytes`, async (t) => {
    const database = await opened(t);
    const bytes = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    expectOk(
      await database.write([
        { sql: 'INSERT INTO item (id, name, value) VALUES (1, ?, ?)', args: ['a', bytes] },
      ]),
    );
    const [row] = expectOk(await database.read('SELECT value FROM item'));
    assert.deepEqual(row?.['value'], new Uint8Array([2, 3]));
  });

  test(`${name}: one refused statement undoes its whole call and nothing of the others`, async (t) => {
    const database = await opened(t);
    const outcomes = await Promise.all([
      database.write([insert(1, 'a')]),
      database.write([insert(2, 'b'), insert(3, 'a')]),
      database.write([insert(4, 'd')]),
      database.write([{ sql: 'INSERT INTO nowhere VALUES (1)' }]),
      database.write([insert(5, 'e')]),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.fault.kind)),
      ['ok', 'database/refused', 'ok', 'database/refused', 'ok'],
    );
    const rows = expectOk(await database.read('SELECT id FROM item ORDER BY id'));
    assert.deepEqual(
      rows.map((row) => row['id']),
      [1, 4, 5],
    );
  });

  test(`${name}: a refusal names columns and never a value`, async (t) => {
    const database = await opened(t);
    expectOk(await database.write([insert(1, 'TEST^ALPHA')]));
    const outcome = await database.write([insert(2, 'TEST^ALPHA')]);
    assert.ok(!outcome.ok);
    assert.match(outcome.fault.message, /item\.name/);
    assert.doesNotMatch(JSON.stringify(outcome.fault), /ALPHA/);
  });

  test(`${name}: answers come in the order of the calls and a read sees the writes before it`, async (t) => {
    const database = await opened(t);
    const order: string[] = [];
    const seen: unknown[] = [];
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => [
        database.write([insert(index, `n${index}`)]).then(() => order.push(`w${index}`)),
        database.read('SELECT count(*) AS n FROM item').then((rows) => {
          order.push(`r${index}`);
          seen.push(expectOk(rows)[0]?.['n']);
        }),
      ]).flat(),
    );
    assert.deepEqual(
      order,
      Array.from({ length: 20 }, (_, index) => [`w${index}`, `r${index}`]).flat(),
    );
    assert.deepEqual(
      seen,
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });

  test(`${name}: a thousand callers at once and one call of a thousand statements all land`, async (t) => {
    const database = await opened(t);
    const callers = Array.from({ length: 1_000 }, (_, id) =>
      database.write([insert(id, `n${id}`)]),
    );
    callers.push(
      database.write(Array.from({ length: 1_000 }, (_, id) => insert(id + 5_000, `m${id}`))),
    );
    for (const outcome of await Promise.all(callers)) expectOk(outcome);
    assert.equal(await count(database), 2_000);
  });

  test(`${name}: foreign keys hold`, async (t) => {
    const database = await opened(t);
    const outcome = await database.write([{ sql: 'INSERT INTO part (item) VALUES (7)' }]);
    assert.equal(outcome.ok ? 'ok' : outcome.fault.kind, 'database/refused');
  });

  test(`${name}: a caller cannot steer the transaction of all, nor forget an argument`, async (t) => {
    const database = await opened(t);
    const misuses = ['COMMIT', ' begin', 'PRAGMA synchronous = OFF', "ATTACH 'x' AS x"];
    for (const sql of misuses) assert.ok(!(await database.write([{ sql }])).ok, sql);
    assert.ok(!(await database.read('SELECT ?')).ok);
    assert.ok(!(await database.read('SELECT 1', [1])).ok);
    expectOk(await database.read('SELECT \'?\' AS "?" -- ?'));
    expectOk(await database.write([insert(1, 'still works')]));
  });

  test(`${name}: what was answered is there after close and open`, async (t) => {
    const path = await databasePath(t);
    const before = expectOk(await open(path, itemSchema));
    expectOk(await before.write([insert(1, 'kept')]));
    const queued = before.write([insert(2, 'queued')]);
    await before.close();
    expectOk(await queued);
    const after = expectOk(await open(path, itemSchema));
    assert.equal(await count(after), 2);
    await after.close();
  });

  test(`${name}: after close every call is refused and a second close is quiet`, async (t) => {
    const database = await opened(t);
    await Promise.all([database.close(), database.close()]);
    for (const outcome of await Promise.all([
      database.write([insert(1, 'late')]),
      database.read('SELECT 1'),
      database.backup('/nowhere/late.db'),
    ])) {
      assert.equal(outcome.ok ? 'ok' : outcome.fault.kind, 'database/refused');
    }
  });

  test(`${name}: a backup is a whole database that another open accepts`, async (t) => {
    const database = await opened(t);
    expectOk(await database.write([insert(1, 'kept')]));
    const copyPath = await databasePath(t);
    expectOk(await database.backup(copyPath));
    const copy = expectOk(await open(copyPath, itemSchema));
    assert.equal(await count(copy), 1);
    await copy.close();
    const nowhere = await database.backup(join(copyPath, 'no-such-folder', 'copy.db'));
    assert.ok(!nowhere.ok);
    assert.equal(await count(database), 1);
  });

  test(`${name}: a second opener is refused while the first holds the file`, async (t) => {
    const path = await databasePath(t);
    const first = expectOk(await open(path, itemSchema));
    const second = await open(path, itemSchema);
    assert.equal(second.ok ? 'ok' : second.fault.kind, 'database/busy');
    expectOk(await first.write([insert(1, 'unharmed')]));
    await first.close();
    const third = expectOk(await open(path, itemSchema));
    assert.equal(await count(third), 1);
    await third.close();
  });

  test(`${name}: migrations run once, in order, and never backwards`, async (t) => {
    const path = await databasePath(t);
    const step: Migration = {
      version: 2,
      statements: ["INSERT INTO item (id, name) VALUES (9, 'by step two')"],
    };
    await expectOk(await open(path, itemSchema)).close();
    for (let turn = 0; turn < 2; turn++) {
      const database = expectOk(await open(path, [...itemSchema, step]));
      assert.equal(await count(database), 1);
      await database.close();
    }
    const older = await open(path, itemSchema);
    assert.equal(older.ok ? 'ok' : older.fault.kind, 'database/refused');
    assert.match(older.ok ? '' : older.fault.message, /schema is number 2/);
  });

  test(`${name}: a migration that fails changes nothing`, async (t) => {
    const path = await databasePath(t);
    await expectOk(await open(path, itemSchema)).close();
    const broken: Migration = {
      version: 2,
      statements: ["INSERT INTO item (id, name) VALUES (9, 'half')", 'SELEC'],
    };
    assert.ok(!(await open(path, [...itemSchema, broken])).ok);
    const database = expectOk(await open(path, itemSchema));
    assert.equal(await count(database), 0);
    await database.close();
  });
}
