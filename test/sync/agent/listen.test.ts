import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fetchLoop } from '#sync/agent/fetch.ts';
import { openInbox } from '#sync/agent/inbox.ts';
import { listenLoop } from '#sync/agent/listen.ts';
import { fault } from '#sync/core/fault.ts';
import { fail, ok } from '#sync/core/result.ts';
import type { Events } from '#sync/wire/routes.ts';
import { connectionOf } from '#test/support/agent-connection.ts';
import { idOf, outsideOfPack } from '#test/support/pack-bytes.ts';

const names = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) =>
    idOf(new TextEncoder().encode(`pack ${from + index}`)),
  );
const pageOf = (page: number, count = 10): Events => ({
  cursor: `cursor ${page}`,
  packs: names(page * count, count).map((packId) => ({ packId, sizeBytes: 5_000 })),
  keyList: 0,
});

async function turns(count = 200): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

test('a relay that names packs faster than they are looked at is heard to a point, then asked anew', async () => {
  const stop = new AbortController();
  const asked: string[] = [];
  let told = 0;
  const { connection, clock } = connectionOf(
    {
      follow: async (_mailbox, after, onEvents, signal) => {
        asked.push(after);
        for (let page = 0; page < 5_000 && !signal.aborted; page++) {
          onEvents(pageOf(page));
          told++;
        }
        if (asked.length > 1) stop.abort();
        return ok(undefined);
      },
    },
    { signal: stop.signal },
  );
  const inbox = openInbox(connection);
  const loop = listenLoop(connection, inbox);
  for (let round = 0; round < 100 && !stop.signal.aborted; round++) {
    clock.advance(1_000);
    await turns();
  }
  stop.abort();
  await loop;
  assert.ok(told <= 2 * 60, `${told} pages were kept`);
  assert.equal(asked[1], inbox.cursor.replace(/\d+$/, '49'), 'from where it came to');
});

test('a pack that is not at the relay any more leaves no trace', async () => {
  const stop = new AbortController();
  const absent = fail(fault('agent/absent', 'no', 'wait', 'later'));
  const { connection, board, clock } = connectionOf(
    { fetch: async () => absent },
    { signal: stop.signal },
  );
  const inbox = openInbox(connection);
  const packId = idOf(outsideOfPack('0'.repeat(32), 5_000, 'gone'));
  inbox.waiting.set(packId, { sizeBytes: 5_000, class: 2, notBeforeMs: 0 });
  board.origins.set(packId, new Set(['relay-1']));
  const other = idOf(outsideOfPack('0'.repeat(32), 5_000, 'elsewhere'));
  inbox.waiting.set(other, { sizeBytes: 5_000, class: 2, notBeforeMs: 0 });
  board.origins.set(other, new Set(['relay-1', 'relay-2']));
  const loop = fetchLoop(connection, inbox);
  for (let round = 0; round < 20; round++) {
    clock.advance(1_000);
    await turns();
  }
  stop.abort();
  await loop;
  assert.equal(inbox.waiting.size, 0);
  assert.deepEqual([...board.origins], [[other, new Set(['relay-2'])]]);
});
