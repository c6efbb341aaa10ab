import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { openRelayIndex, relaySchema } from '#sync/adapters/relay-index-libsql.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { relayIndexContract } from '#test/contract/relay-index.ts';
import { createSeededRandom } from '#test/support/random-seeded.ts';

const random = createSeededRandom('index');

async function openAt(dir: string) {
  const database = expectOk(
    await openDatabase(join(dir, 'relay.db'), { schema: relaySchema }, silentLog),
  );
  return { index: expectOk(await openRelayIndex(database, random)), database };
}

relayIndexContract('libsql', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'outpost-index-'));
  const { index, database } = await openAt(dir);
  return {
    index,
    close: async () => {
      await database.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
});

test('an index keeps its epoch over a restart, and a new one has another', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'outpost-index-'));
  const first = await openAt(dir);
  await first.database.close();
  const again = await openAt(dir);
  assert.equal(again.index.epoch, first.index.epoch);
  await again.database.close();
  await rm(join(dir, 'relay.db'));
  const anew = await openAt(dir);
  assert.notEqual(anew.index.epoch, first.index.epoch);
  await anew.database.close();
  await rm(dir, { recursive: true });
});
