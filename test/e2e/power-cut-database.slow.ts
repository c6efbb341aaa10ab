import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import type { Migration, Row } from '#sync/core/database.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { itemSchema } from '../contract/database.ts';
import { filledRows, longerSchema } from '../support/checkpoint-writer.ts';
import { createSeededRandom } from '../support/random-seeded.ts';
import { repositoryDir } from '../support/source-tree.ts';
import { pause } from './crash-load.ts';
import { type CutDisk, openCutDisk } from './cut-disk.ts';

const cuts = Number(process.env['OUTPOST_POWER_CUTS'] ?? 6);
const seed = process.env['OUTPOST_POWER_CUT_SEED'] ?? String(Date.now());

test(`${cuts} power cuts while a database is checkpointed: every commit that was answered is there`, async (t) => {
  const disk = await openCutDisk(t);
  if (disk === undefined) return;
  t.diagnostic(`OUTPOST_POWER_CUT_SEED=${seed}`);
  const random = createSeededRandom(seed);
  let rows = 0;
  for (let cut = 0; cut < cuts; cut++) {
    const writer = startWriter(t, disk, 'rows', rows);
    await writer.says('open');
    // A checkpoint follows nearly every commit, so most of this time is spent in one.
    await pause(50 + random.fraction() * 250);
    disk.cut();
    await writer.kill();
    const told = Math.max(rows - 1, ...writer.numbers());
    disk.remount();
    const ids: readonly number[] = (await readBack(disk, itemSchema)).map((row) =>
      Number(row['id']),
    );
    assert.deepEqual(
      ids,
      ids.map((_, index) => index),
      'no row is missing before the last',
    );
    assert.ok(ids.length > told, `row ${told} was answered and is gone`);
    rows = ids.length;
  }
  t.diagnostic(`${rows} rows`);
  assert.ok(rows > cuts, 'the writer came to write');
});

test(`${cuts} power cuts while a schema is migrated: the old or the new, never between`, async (t) => {
  const disk = await openCutDisk(t);
  if (disk === undefined) return;
  t.diagnostic(`OUTPOST_POWER_CUT_SEED=${seed}`);
  const random = createSeededRandom(`${seed} migration`);
  let cutShort = 0;
  await startWriter(t, disk, 'fill', 0, 'filled.db').ended;
  for (let cut = 0; cut < cuts; cut++) {
    const name = `items-${cut}.db`;
    copyFileSync(join(disk.mounted, 'filled.db'), join(disk.mounted, name));
    execFileSync('sync', ['--file-system', disk.mounted]);
    const writer = startWriter(t, disk, 'migrate', 0, name);
    // The copy of the old file comes first; what follows is the migration.
    const copy = join(disk.mounted, `${name}.schema-1`);
    while (!existsSync(copy) && !writer.hasSaid('done')) await pause(5);
    await pause(random.fraction() * 150);
    disk.cut();
    await writer.kill();
    if (!writer.hasSaid('done')) cutShort += 1;
    disk.remount();
    const rows = await readBack(disk, longerSchema, name);
    assert.equal(rows.length, filledRows);
    assert.ok(
      rows.every((row) => String(row['name']).endsWith('x+')),
      'a row was changed twice, or never',
    );
  }
  t.diagnostic(`${cutShort} of ${cuts} migrations were cut short`);
});

async function readBack(
  { mounted }: CutDisk,
  schema: readonly Migration[],
  name = 'items.db',
): Promise<readonly Row[]> {
  const database = expectOk(await openDatabase(join(mounted, name), { schema }, silentLog));
  const rows = expectOk(await database.read('SELECT id, name FROM item ORDER BY id'));
  await database.close();
  return rows;
}

function startWriter(
  t: TestContext,
  { mounted }: CutDisk,
  what: string,
  first: number,
  name = 'items.db',
) {
  const script = join(repositoryDir, 'test/support/checkpoint-writer.ts');
  const child: ChildProcess = spawn(
    process.execPath,
    [script, join(mounted, name), what, String(first)],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const lines: string[] = [];
  let wake = (): void => undefined;
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
      wake();
    });
  }
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  t.after(kill);
  return {
    ended,
    kill,
    hasSaid: (line: string): boolean => lines.includes(line),
    numbers: (): readonly number[] => lines.filter((line) => /^\d+$/.test(line)).map(Number),
    async says(line: string): Promise<void> {
      while (!lines.includes(line)) {
        if (child.exitCode !== null) throw new Error(`The writer ended with ${child.exitCode}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
          child.once('exit', () => resolve());
        });
      }
    },
  };
}
