import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Board } from '#sync/agent/board.ts';
import { openInbox } from '#sync/agent/inbox.ts';
import { listenLoop } from '#sync/agent/listen.ts';
import { utf8 } from '#sync/core/bytes.ts';
import { ok } from '#sync/core/result.ts';
import { connectionOf } from '#test/support/agent-connection.ts';
import { createMemorySpool } from '#test/support/spool-memory.ts';

const { clinical, agent: spool } = createMemorySpool();

/** Hears of key list `number` at a relay once; returns how often the list was fetched for it. */
async function hear(relay: string, number: number, isReceiving: boolean, board?: Board) {
  const stop = new AbortController();
  let fetched = 0;
  const client: Parameters<typeof connectionOf>[0] = {
    async follow(_mailbox, _after, onEvents) {
      onEvents({ cursor: '', packs: [], keyList: number });
      // The loop ends when it has dealt with what it heard.
      setImmediate(() => stop.abort());
      return new Promise((resolve) => setImmediate(() => resolve(ok(undefined))));
    },
    async keyList() {
      fetched++;
      return ok(utf8(`list ${number}`));
    },
  };
  const { connection, board: own } = connectionOf(client, {
    ...{ spool, isReceiving, signal: stop.signal, ...(board && { board }) },
    endpoint: { id: relay, url: 'https://127.0.0.1:1', spki: '' },
    leave: () => undefined,
  });
  await listenLoop(connection, openInbox(connection));
  return { fetched, board: own };
}

const given = async () =>
  new TextDecoder().decode((await clinical.readPublic('center.keys')) ?? new Uint8Array());

test('a relay that is behind brings no older list, whichever brought the newest one', async () => {
  const { board } = await hear('relay-1', 5, false);
  assert.equal(await given(), 'list 5');
  const ahead = await hear('relay-2', 6, true, board);
  assert.deepEqual([ahead.fetched, await given()], [1, 'list 6']);
  const same = await hear('relay-1', 5, false, board);
  assert.equal(same.fetched, 0, 'the one that the agent works with said nothing new');
  const newest = await hear('relay-1', 8, false, board);
  assert.deepEqual([newest.fetched, await given()], [1, 'list 8']);
  const behind = await hear('relay-2', 7, true, board);
  assert.deepEqual([behind.fetched, await given()], [0, 'list 8']);
});
