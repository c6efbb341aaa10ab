import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { openAssociation } from '#sync/adapters/dimse-scu.ts';
import { concat } from '#sync/core/bytes.ts';
import { commandField, dimseStatus } from '#sync/dimse/command.ts';
import { encodeAbort, encodeItem, encodePdu, encodeReject, pduType } from '#sync/dimse/pdu.ts';
import {
  explicitLittleEndianUid,
  implicitLittleEndianUid,
  verificationUid,
} from '#sync/dimse/uids.ts';
import { associateRequest, ctClassUid } from '#test/support/dimse-peer.ts';
import { createMemoryStore } from '#test/support/memory-sink.ts';
import { openDoor } from '#test/support/storage-door.ts';

const verification = {
  abstractSyntaxUid: verificationUid,
  transferSyntaxUids: [implicitLittleEndianUid],
};
const ct = {
  abstractSyntaxUid: ctClassUid,
  transferSyntaxUids: [explicitLittleEndianUid, implicitLittleEndianUid],
};
const signal = new AbortController().signal;
const peerAt = (port: number) => ({
  ...{ address: '127.0.0.1', port, calledAeTitle: 'OUTPOST', callingAeTitle: 'BOX' },
});

async function* gathered(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}

/** The body of an A-ASSOCIATE-AC as a peer writes it. */
function accept(...contexts: readonly (readonly [number, number, string])[]): Uint8Array {
  const items = contexts.map(([id, result, syntax]) =>
    encodeItem(0x21, concat(Uint8Array.of(id, 0, result, 0), encodeItem(0x40, syntax))),
  );
  const length = encodeItem(0x51, Uint8Array.of(0, 0, 0x40, 0));
  const user = encodeItem(0x50, length);
  return concat(associateRequest().subarray(6, 74), ...items, user);
}

/** A peer that says `bytes` to whatever it is asked. */
async function sayer(t: TestContext, ...bytes: readonly Uint8Array[]): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => socket.write(concat(...bytes)));
    socket.resume();
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  return typeof bound === 'object' && bound ? bound.port : 0;
}

test('an echo and a dataset in pieces go out and are answered', async (t) => {
  const store = createMemoryStore();
  const door = await openDoor(t, store.ports);
  const association = await openAssociation(peerAt(door.port), [verification, ct], { signal });
  assert.ok(association.kind === 'open');
  const echoContext = association.contextOf(verificationUid, implicitLittleEndianUid);
  assert.ok(echoContext !== undefined);
  const echoed = await association.request(echoContext, {
    ...{ commandField: commandField.echo, affectedSopClassUid: verificationUid },
  });
  assert.equal(echoed?.status, dimseStatus.success);
  const context = association.contextOf(ctClassUid, explicitLittleEndianUid);
  assert.ok(context !== undefined);
  const pieces = [300_000, 0, 1, 131_072].map((length, index) => Buffer.alloc(length, `${index}`));
  const command = { commandField: commandField.store, affectedSopClassUid: ctClassUid };
  const stored = await association.request(
    context,
    { ...command, affectedSopInstanceUid: '1.2.3' },
    gathered(pieces),
  );
  assert.equal(stored?.status, dimseStatus.success);
  assert.ok(Buffer.concat(pieces).equals(store.stored[0]?.dataset ?? Buffer.alloc(0)));
  await association.release();
});

test('why there is no association is told apart', async (t) => {
  const open = (port: number, timeoutMs = 60_000) =>
    openAssociation(peerAt(port), [verification], { signal, timeoutMs });
  const door = await openDoor(t, createMemoryStore().ports, { aeTitles: ['ANOTHER'] });
  assert.deepEqual(await open(door.port), { kind: 'rejected', result: 1, source: 1, reason: 7 });
  assert.deepEqual(await open(1), { kind: 'unreachable', code: 'ECONNREFUSED' });
  assert.deepEqual(await open(await sayer(t), 300), { kind: 'aborted' });
  assert.deepEqual(await open(await sayer(t, encodeAbort(0))), { kind: 'aborted' });
  assert.deepEqual(await open(await sayer(t, Buffer.from('HTTP/1.1 400\r\n\r\n'))), {
    kind: 'aborted',
  });
  assert.equal((await open(await sayer(t, encodeReject('busy')))).kind, 'rejected');
});

test('a context that the peer took in another syntax, or refused, is none', async (t) => {
  const answer = accept(
    [1, 0, implicitLittleEndianUid],
    [3, 4, explicitLittleEndianUid],
    [5, 0, explicitLittleEndianUid],
  );
  const port = await sayer(t, encodePdu(pduType.associateAccept, answer));
  const association = await openAssociation(peerAt(port), [verification, ct], { signal });
  assert.ok(association.kind === 'open');
  assert.equal(association.contextOf(verificationUid, implicitLittleEndianUid), 1);
  assert.equal(association.contextOf(ctClassUid, explicitLittleEndianUid), undefined);
  assert.equal(association.contextOf(ctClassUid, implicitLittleEndianUid), undefined);
});

test('a dataset that breaks off ends the association, and so does an answer to another question', async (t) => {
  const door = await openDoor(t, createMemoryStore().ports);
  const association = await openAssociation(peerAt(door.port), [ct], { signal });
  assert.ok(association.kind === 'open');
  const context = association.contextOf(ctClassUid, explicitLittleEndianUid) ?? 0;
  const command = { commandField: commandField.store, affectedSopClassUid: ctClassUid };
  async function* broken() {
    yield new Uint8Array(100);
    throw new Error('the disk');
  }
  const answer = await association.request(
    context,
    { ...command, affectedSopInstanceUid: '1.2.3' },
    broken(),
  );
  assert.equal(answer, undefined);
});
