import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBoard } from '#sync/agent/board.ts';
import type { CallFault } from '#sync/agent/call.ts';
import type { AgentPorts, Link } from '#sync/agent/ports.ts';
import { hasNews, publish } from '#sync/agent/publish.ts';
import { publishElsewhere } from '#sync/agent/publish-elsewhere.ts';
import { utf8 } from '#sync/core/bytes.ts';
import { fault } from '#sync/core/fault.ts';
import { silentLog } from '#sync/core/log.ts';
import { fail, ok, type Result } from '#sync/core/result.ts';
import { connectionOf } from '#test/support/agent-connection.ts';
import { createVirtualClock } from '#test/support/clock-virtual.ts';
import { createMemorySpool } from '#test/support/spool-memory.ts';

const never = new AbortController().signal;
const faultOf = (kind: CallFault['kind']) => fail(fault(kind, 'no', 'wait', 'later'));

/** A center's lists in the spool, and a relay that answers as `answers` says, in order, then with success. */
async function open(answers: readonly Result<void, CallFault>[] = []) {
  const { agent: spool, clinical } = createMemorySpool();
  await clinical.putPublic('center.keys', utf8('keys'));
  await clinical.putPublic('access.json', utf8('access'));
  const board = createBoard(createVirtualClock());
  const put: string[] = [];
  const left = [...answers];
  const ports = { spool, log: silentLog };
  const client = {
    putPublic: async (name: string) => {
      put.push(name);
      return left.shift() ?? ok(undefined);
    },
  };
  const go = () => publish(ports, board, 'relay-1', client, never);
  return { ports, board, put, client, clinical, go };
}

test('the key list goes first, and nothing goes twice', async () => {
  const { ports, board, put, clinical, go } = await open();
  assert.ok(await hasNews(ports, board, 'relay-1'));
  assert.equal(await go(), undefined);
  assert.equal(await go(), undefined);
  assert.deepEqual(put, ['center.keys', 'access.json']);
  assert.ok(!(await hasNews(ports, board, 'relay-1')));
  await clinical.putPublic('access.json', utf8('access 2'));
  assert.ok(await hasNews(ports, board, 'relay-1'));
  assert.equal(await go(), undefined);
  assert.deepEqual(put.slice(2), ['access.json']);
});

test('a box has no lists, and nothing is sent', async () => {
  const { board, client } = await open();
  const ports = { spool: createMemorySpool().agent, log: silentLog };
  assert.ok(!(await hasNews(ports, board, 'relay-1')));
  assert.equal(await publish(ports, board, 'relay-1', client, never), undefined);
});

test('a list that the relay refuses is shown and not pushed again; a cut is tried again', async () => {
  const { board, put, go } = await open([faultOf('agent/refused'), faultOf('link/down')]);
  assert.equal((await go())?.kind, 'link/down');
  assert.deepEqual(
    board.state().faults.map(({ kind }) => kind),
    ['agent/refused'],
  );
  assert.equal(await go(), undefined);
  assert.deepEqual(put, ['center.keys', 'access.json', 'access.json']);
});

test('a relay that starts anew while a list is pushed gets the others again', async () => {
  const { ports, board, client, clinical } = await open();
  await publish(ports, board, 'relay-1', client, never);
  await clinical.putPublic('access.json', utf8('access 2'));
  const duringPush = {
    putPublic: async () => {
      board.published.delete('relay-1');
      return ok(undefined);
    },
  };
  await publish(ports, board, 'relay-1', duringPush, never);
  assert.deepEqual(Object.keys(board.published.get('relay-1') ?? {}), ['access.json']);
  assert.ok(await hasNews(ports, board, 'relay-1'), 'the key list is news to the new run');
});

test('a connection to another relay is closed, whatever happens on it', async () => {
  const { agent: spool, clinical } = createMemorySpool();
  const { connection, board } = connectionOf({}, { spool });
  const spki = 'A'.repeat(43);
  const relays = [{ id: 'relay-2', urls: ['https://127.0.0.1:2'], spki }];
  await clinical.writePeer({ ...connection.peer, relays });
  await clinical.putPublic('center.keys', utf8('keys'));
  let closed = 0;
  const link: Partial<Link> = {
    request: () => Promise.reject(new Error('a bug')),
    close: () => void closed++,
  };
  const ports: AgentPorts = { ...connection, connect: () => link as Link };
  await assert.rejects(publishElsewhere(ports, board, never), /a bug/);
  assert.equal(closed, 1);
});
