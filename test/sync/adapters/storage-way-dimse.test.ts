import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { openStorageWay } from '#sync/adapters/storage-way-dimse.ts';
import { fail, ok } from '#sync/core/result.ts';
import type { StoreArrival } from '#sync/dimse/storage.ts';
import { explicitLittleEndianUid, implicitLittleEndianUid } from '#sync/dimse/uids.ts';
import { ctClassUid } from '#test/support/dimse-peer.ts';
import { openDoor } from '#test/support/storage-door.ts';

const ct = (transferSyntaxUid: string) => ({ sopClassUid: ctClassUid, transferSyntaxUid });
const explicit = ct(explicitLittleEndianUid);
const instance = { sopClassUid: ctClassUid, sopInstanceUid: '1.2.3' };
const titles = { host: '127.0.0.1', calledAeTitle: 'OUTPOST', callingAeTitle: 'BOX' };
const signal = new AbortController().signal;

async function* pieces(...sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield new Uint8Array(size).fill(size);
}

test('instances go in the syntaxes that the peer takes, in pieces, with its answers', async (t) => {
  const got: { readonly arrival: StoreArrival; readonly bytes: Buffer }[] = [];
  const door = await openDoor(t, {
    admit: () => 'accept',
    begin: async (arrival) => {
      if (arrival.sopInstanceUid === '1.2.4') return fail({ status: 0xa700 });
      const bytes: Uint8Array[] = [];
      return ok({
        write: (piece) => bytes.push(piece) > 0,
        drained: async () => {},
        finish: async () => {
          got.push({ arrival, bytes: Buffer.concat(bytes) });
          return { status: 0 };
        },
        abort: () => {},
      });
    },
  });
  const way = await openStorageWay(
    { ...titles, port: door.port },
    [explicit, ct('1.2.840.10008.1.2.4.94')],
    {
      signal,
      moveOriginator: { aeTitle: 'VIEWER', messageId: 7 },
    },
  );
  assert.ok(!('kind' in way));
  assert.equal(way.contextOf(ct('1.2.840.10008.1.2.4.94')), undefined, 'JPIP is refused');
  assert.equal(way.contextOf(ct(implicitLittleEndianUid)), undefined, 'it was not proposed');
  const contextId = way.contextOf(explicit) ?? 0;
  assert.equal(await way.store(contextId, instance, pieces(10, 300_000, 2)), 0);
  assert.equal(
    await way.store(contextId, { ...instance, sopInstanceUid: '1.2.4' }, pieces(8)),
    0xa700,
  );
  assert.equal(await way.store(contextId, { ...instance, sopInstanceUid: '1.2.5' }, pieces(8)), 0);
  await way.close();
  assert.deepEqual(
    got.map(({ arrival, bytes }) => [arrival.sopInstanceUid, bytes.length]),
    [
      ['1.2.3', 300_012],
      ['1.2.5', 8],
    ],
  );
  assert.equal(got[0]?.arrival.callingAeTitle, 'BOX');
});

test('a dataset that breaks off ends the association, and nothing was stored', async (t) => {
  const ended = Promise.withResolvers<string>();
  const door = await openDoor(t, {
    admit: () => 'accept',
    begin: async () =>
      ok({
        write: () => true,
        drained: async () => {},
        finish: async () => {
          ended.resolve('finished');
          return { status: 0 };
        },
        abort: () => ended.resolve('aborted'),
      }),
  });
  const way = await openStorageWay({ ...titles, port: door.port }, [explicit], { signal });
  assert.ok(!('kind' in way));
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(200_000);
    throw new Error('a bad sector');
  };
  assert.equal(await way.store(way.contextOf(explicit) ?? 0, instance, broken()), undefined);
  assert.equal(await ended.promise, 'aborted');
  assert.equal(await way.store(1, instance, pieces(2)), undefined, 'it is over');
});

test('nobody there, a rejection, an odd answer and a cancel each have their name', async (t) => {
  const strict = await openDoor(t, {
    admit: () => ({ reject: 'calling-ae' }),
    begin: async () => fail({ status: 0xa700 }),
  });
  const rejected = await openStorageWay({ ...titles, port: strict.port }, [explicit], { signal });
  assert.deepEqual(rejected, {
    kind: 'rejected',
    result: 1,
    source: 1,
    reason: 3,
  });
  const closed = await listening(t, (socket) => socket.destroy());
  closed.server.close();
  await once(closed.server, 'close');
  const unreachable = await openStorageWay({ ...titles, port: closed.port }, [explicit], {
    signal,
  });
  assert.deepEqual(unreachable, { kind: 'unreachable', code: 'ECONNREFUSED' });
  const web = await listening(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const odd = await openStorageWay({ ...titles, port: web.port }, [explicit], { signal });
  assert.deepEqual(odd, { kind: 'aborted' });
  const silent = await listening(t, () => {});
  const late = { signal, timeoutMs: 50 };
  assert.deepEqual(await openStorageWay({ ...titles, port: silent.port }, [explicit], late), {
    kind: 'aborted',
  });
  const cancel = new AbortController();
  const waiting = openStorageWay({ ...titles, port: silent.port }, [explicit], {
    signal: cancel.signal,
  });
  cancel.abort();
  assert.ok('kind' in (await waiting));
});

async function listening(
  t: TestContext,
  serve: (socket: Socket) => void,
): Promise<{ readonly server: Server; readonly port: number }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    serve(socket);
  }).listen(0, '127.0.0.1');
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  const address = server.address();
  return { server, port: typeof address === 'object' && address ? address.port : 0 };
}
