import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, test } from 'node:test';
import { createStorageScp } from '#sync/adapters/storage-scp-dimse.ts';
import { concat } from '#sync/core/bytes.ts';
import { silentLog } from '#sync/core/log.ts';
import { encodeData } from '#sync/dimse/pdu.ts';
import {
  associateRequest,
  datasetPdus,
  echoCommand,
  outcomeOf,
  plainCommand,
  RawPeer,
  storeCommand,
} from '#test/support/dimse-peer.ts';
import { createMemoryStore } from '#test/support/memory-sink.ts';
import { assertServes, assertShut, openDoor } from '#test/support/storage-door.ts';
import { until } from '#test/support/until.ts';

const dataset = Buffer.alloc(120_000, 'DATASET ');

describe('deadlines', { concurrency: true }, () => {
  test('H11: one address cannot hold more than its share of connections, and idle ones are dropped', async (t) => {
    const limits = {
      associationsPerAddress: 4,
      // Longer than this process may be held up before all have called.
      associationTimeoutMs: 2_500,
      connectionsPerAddressPerS: 60,
    };
    const door = await openDoor(t, createMemoryStore().ports, { limits });
    const peers = await Promise.all(Array.from({ length: 50 }, () => door.connect()));
    const outcomes = await Promise.all(peers.map(async (peer) => outcomeOf(await peer.receive())));
    assert.equal(outcomes.filter((outcome) => outcome === 'closed').length, 44);
    assert.equal(outcomes.filter((outcome) => outcome === 'aborted').length, 6, 'at the deadline');
    await Promise.all(peers.map((peer) => peer.receive()));
    // A place is free when the door has seen the close, which may be later than its peer does.
    await until('a place is free again', 60_000, async () => {
      const peer = await door.connect();
      return outcomeOf(await peer.associate()) === 'accepted' || undefined;
    });
  });

  test('H12: bytes that trickle in extend no deadline', async (t) => {
    const doorWith = (limits: object) => openDoor(t, createMemoryStore().ports, { limits });
    const slowly = async (peer: RawPeer, bytes: Uint8Array): Promise<number> => {
      let sent = 0;
      const timer = setInterval(() => {
        peer.send(bytes.subarray(sent, sent + 1));
        sent++;
      }, 50);
      assertShut(outcomeOf(await peer.receive()));
      clearInterval(timer);
      return sent;
    };
    const requesting = await (await doorWith({ associationTimeoutMs: 500 })).connect();
    const sending = await (await doorWith({ pduTimeoutMs: 500 })).open();
    const [request, command] = [associateRequest(), storeCommand('1.2.3')];
    const [requested, commanded] = await Promise.all([
      slowly(requesting, request),
      slowly(sending, command),
    ]);
    assert.ok(
      requested < request.length && commanded < command.length,
      'before all of it was there',
    );
  });

  test('a held association outlives the PDU deadline, but not the idle one', async (t) => {
    const limits = { associationTimeoutMs: 2_000, pduTimeoutMs: 300, idleTimeoutMs: 2_600 };
    const door = await openDoor(t, createMemoryStore().ports, { limits });
    const startedAt = performance.now();
    const peer = await door.open();
    assert.equal(outcomeOf(await peer.receive()), 'aborted');
    assert.ok(performance.now() - startedAt > 2_500);
  });

  test('a sender that stalls in the middle of a message is cut off before an idle one', async (t) => {
    const limits = { messageTimeoutMs: 100 };
    const store = createMemoryStore();
    const door = await openDoor(t, store.ports, { limits });
    const peer = await door.open();
    peer.send(storeCommand('1.2.3'), encodeData(3, 0, dataset.subarray(0, 1000)));
    assert.equal(outcomeOf(await peer.receive()), 'aborted');
    assert.equal(await peer.receive(), 'closed');
    await assertServes(door);
    assert.equal(store.openSinks(), 0);
  });

  test('a sink that takes its time is not the fault of the peer', async (t) => {
    const store = createMemoryStore({
      finish: async () => {
        await new Promise((resolve) => setTimeout(resolve, 900));
        return { status: 0 };
      },
    });
    const limits = { pduTimeoutMs: 400, idleTimeoutMs: 600 };
    const peer = await (await openDoor(t, store.ports, { limits })).open();
    peer.send(storeCommand('1.2.3'), datasetPdus(dataset), storeCommand('1.2.4').subarray(0, 50));
    assert.equal((await peer.response()).status, 0);
  });
});

test('H11: one association too many is told to come again later', async (t) => {
  const limits = { associationsPerAddress: 2 };
  const door = await openDoor(t, createMemoryStore().ports, { limits });
  const first = await door.open();
  await door.open();
  assert.equal(outcomeOf(await (await door.connect()).associate()), 'rejected 2/3/2');
  await first.release();
  assert.equal(await first.receive(), 'closed');
  await door.open();
});

test('H11: too many new connections in a second are closed', async (t) => {
  const limits = { connectionsPerAddressPerS: 1, associationTimeoutMs: 100 };
  const door = await openDoor(t, createMemoryStore().ports, { limits });
  const peers = await Promise.all(Array.from({ length: 12 }, () => door.connect()));
  const outcomes = await Promise.all(peers.map(async (peer) => outcomeOf(await peer.receive())));
  assert.ok(outcomes.filter((outcome) => outcome === 'closed').length >= 6, `${outcomes}`);
});

test('H18: a sender is slowed to the pace of its sink', async (t) => {
  const sink = Promise.withResolvers<void>();
  let written = 0;
  const store = createMemoryStore({
    write: (bytes) => {
      written += bytes.length;
      return false;
    },
    drained: () => sink.promise,
  });
  const peer = await (await openDoor(t, store.ports)).open();
  peer.send(storeCommand('1.2.3'));
  const large = Buffer.alloc(24 * 1024 * 1024, 7);
  peer.send(datasetPdus(large, 131_000));
  // An echo on another connection, answered, means: the event loop has turned while the sender was held.
  const other = await RawPeer.connect(peer.socket.remotePort ?? 0);
  await other.associate();
  for (let n = 0; n < 20; n++) {
    other.send(echoCommand());
    await other.response();
  }
  other.close();
  assert.ok(written <= 131_072, 'one chunk, then nothing');
  assert.ok(peer.socket.writableLength > large.length / 2, 'the sender still has it');
  sink.resolve();
  assert.equal((await peer.response()).status, 0);
  assert.ok(large.equals(store.stored[0]?.dataset ?? Buffer.alloc(0)));
});

test('an object beyond the limit is read to its end, forgotten and refused; the association goes on', async (t) => {
  const store = createMemoryStore();
  const limits = { objectSizeBytes: 100_000 };
  const peer = await (await openDoor(t, store.ports, { limits })).open();
  const whole = dataset.subarray(0, limits.objectSizeBytes);
  for (const [sent, expected] of [
    [dataset, 0xa700],
    [whole, 0],
    [dataset, 0xa700],
  ] as const) {
    peer.send(storeCommand('1.2.3'), datasetPdus(sent));
    const { status, comment } = await peer.response();
    assert.equal(status, expected);
    assert.equal(comment, expected === 0 ? '' : 'Object is larger than 100000 bytes');
  }
  peer.send(echoCommand());
  assert.equal((await peer.response()).status, 0);
  assert.deepEqual([store.stored.length, store.openSinks(), store.abortedSinks()], [1, 0, 2]);
  assert.ok(whole.equals(store.stored[0]?.dataset ?? Buffer.alloc(0)));
});

test('a peer that never reads its answers is held back, then cut off', async (t) => {
  const limits = { pduTimeoutMs: 300 };
  const door = await openDoor(t, createMemoryStore().ports, { limits });
  const peer = await door.open();
  peer.socket.pause();
  const closed = new Promise((resolve) => peer.socket.once('close', resolve));
  const finds = concat(...Array.from({ length: 10_000 }, () => plainCommand(0x0020)));
  for (let n = 0; n < 25; n++) peer.send(finds);
  await closed;
  await assertServes(door);
});

test('closing lets the instance in hand be answered, and aborts the rest', async (t) => {
  const durable = Promise.withResolvers<void>();
  const finishing = Promise.withResolvers<void>();
  const store = createMemoryStore({
    finish: async () => {
      finishing.resolve();
      await durable.promise;
      return { status: 0 };
    },
  });
  const scp = createStorageScp(
    store.ports,
    { host: '127.0.0.1', port: 0, aeTitles: ['OUTPOST'] },
    silentLog,
  );
  const { port } = await scp.listen();
  const [busy, idle] = [await RawPeer.connect(port), await RawPeer.connect(port)];
  t.after(() => [busy, idle].map((peer) => peer.close()));
  await busy.associate();
  await idle.associate();
  busy.send(storeCommand('1.2.3'), datasetPdus(dataset));
  await finishing.promise;
  const closed = scp.close();
  assert.equal(outcomeOf(await idle.receive()), 'aborted');
  durable.resolve();
  assert.equal((await busy.response()).status, 0);
  assert.equal(outcomeOf(await busy.receive()), 'aborted');
  await closed;
});
