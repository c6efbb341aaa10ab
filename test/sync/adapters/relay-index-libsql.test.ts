import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabase } from '#sync/adapters/database-libsql.ts';
import { openRelayIndex, relaySchema } from '#sync/adapters/relay-index-libsql.ts';
import { silentLog } from '#sync/core/log.ts';
import { expectOk } from '#sync/core/result.ts';
import { relayIndexContract } from '#test/contract/relay-index.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';
import { createSeededRandom } from '#test/support/random-seeded.ts';

const random = createSeededRandom('index');

async function openAt(dir: string) {
  const database = expectOk(
    await openDatabase(join(dir, 'relay.db'), { schema: relaySchema }, silentLog),
  );
  return { index: openRelayIndex(database, random), database };
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

test('a database that was put back from a backup hides nothing behind the cursors of before', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'outpost-index-'));
  const file = join(dir, 'relay.db');
  const add = async ({ index }: Awaited<ReturnType<typeof openAt>>, seed: string) =>
    expectOk(
      await index.addPack({
        center: 'aa'.repeat(32),
        mailbox: '01'.repeat(16),
        packId: idOf(seededBytes(seed, 8)),
        sizeBytes: 8,
        class: 2,
        receivedAtMs: 0,
      }),
    );
  const before = await openAt(dir);
  await add(before, 'before the backup');
  await before.database.close();
  await copyFile(file, join(dir, 'backup'));

  const lost = await openAt(dir);
  await add(lost, 'after the backup');
  const cursor = { epoch: lost.index.epoch, sequence: 2 };
  await lost.database.close();
  await copyFile(join(dir, 'backup'), file);

  const restored = await openAt(dir);
  await add(restored, 'another one');
  const rows = expectOk(await restored.index.waiting('aa'.repeat(32), '01'.repeat(16), 0, 10));
  assert.equal(rows.at(-1)?.sequence, cursor.sequence, 'the number is given a second time');
  assert.notEqual(restored.index.epoch, cursor.epoch);
  await restored.database.close();
  await rm(dir, { recursive: true });
});
