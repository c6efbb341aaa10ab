import assert from 'node:assert/strict';
import {
  appendFile,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openFactLog } from '#appliance/adapters/fact-log-file.ts';
import type { FactPosition } from '#appliance/ports-facts.ts';
import type { BoxFact } from '#appliance/store/facts.ts';
import { expectOk } from '#sync/core/result.ts';

test('facts come back in order, and from any place they were written to', async (t) => {
  const log = await openFactLog(await folder(t));
  const first = expectOk(await log.append([custody(1), custody(2)]));
  await log.append([custody(3)]);
  assert.deepEqual(await numbers(log), [1, 2, 3]);
  assert.deepEqual(await numbers(log, first), [3]);
  await log.close();
});

test('a line torn at any byte is left as it is, and writing goes on in a new file', async (t) => {
  const dir = await folder(t);
  const log = await openFactLog(dir);
  await log.append([custody(1), custody(2)]);
  await log.close();
  const path = join(dir, 'facts-000001.log');
  const whole = await readFile(path);
  const start = whole.indexOf(0x0a) + 1;
  for (const end of [start + 1, start + 9, start + 30, whole.length - 1]) {
    const copy = await folder(t);
    await writeFile(join(copy, 'facts-000001.log'), whole.subarray(0, end));
    const torn = await openFactLog(copy);
    await torn.append([custody(3)]);
    assert.deepEqual(await numbers(torn), [1, 3]);
    assert.equal((await readdir(copy)).length, 2);
    assert.equal((await readFile(join(copy, 'facts-000001.log'))).length, end);
    await torn.close();
  }
});

test('a damaged line is counted and skipped; the others stand', async (t) => {
  const dir = await folder(t);
  const log = await openFactLog(dir);
  await log.append([custody(1)]);
  await log.close();
  const path = join(dir, 'facts-000001.log');
  const line = await readFile(path);
  line[20] = (line[20] ?? 0) ^ 1;
  await appendFile(path, line);
  const again = await openFactLog(dir);
  await again.append([custody(2)]);
  assert.deepEqual(await numbers(again), [1, 2]);
  assert.equal(again.damagedLines(), 1);
  await again.close();
});

test('what a killed run wrote is made durable before anybody acts on it, torn or not', async (t) => {
  const dir = await folder(t);
  const log = await openFactLog(dir);
  await log.append([custody(1), custody(2)]);
  await log.close();
  const path = join(dir, 'facts-000001.log');
  const file = await open(path);
  const datasync = t.mock.method(Object.getPrototypeOf(file), 'datasync');
  await file.close();
  await (await openFactLog(dir)).close();
  assert.equal(datasync.mock.callCount(), 1);
  await truncate(path, (await readFile(path)).length - 1);
  await (await openFactLog(dir)).close();
  assert.equal(datasync.mock.callCount(), 2);
});

test('an empty file is no torn file', async (t) => {
  const dir = await folder(t);
  await (await openFactLog(dir)).close();
  const log = await openFactLog(dir);
  await log.append([custody(1)]);
  assert.equal((await readdir(dir)).length, 1);
  await log.close();
  await truncate(join(dir, 'facts-000001.log'), 0);
  const emptied = await openFactLog(dir);
  assert.deepEqual(await numbers(emptied), []);
  await emptied.close();
});

function custody(atMs: number): BoxFact {
  return { fact: 'custody', atMs, packId: 'a'.repeat(64), relay: 'relay-1' };
}

async function numbers(
  log: Awaited<ReturnType<typeof openFactLog>>,
  from?: FactPosition,
): Promise<readonly number[]> {
  const found: number[] = [];
  for await (const { fact } of log.read(from)) found.push(fact.atMs);
  return found;
}

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-facts-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
