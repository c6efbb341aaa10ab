import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { fail } from '#sync/core/result.ts';
import { encodeData } from '#sync/dimse/pdu.ts';
import type { Caller } from '#sync/dimse/storage.ts';
import { verificationUid } from '#sync/dimse/uids.ts';
import {
  type associateRequest,
  ctClassUid,
  dataOfSeveral,
  datasetPdus,
  echoCommand,
  outcomeOf,
  plainCommand,
  readAccept,
  storeCommand,
} from '#test/support/dimse-peer.ts';
import { createMemoryStore } from '#test/support/memory-sink.ts';
import { assertServes, openDoor } from '#test/support/storage-door.ts';

const dataset = Buffer.alloc(120_000, 'DATASET ');

test('C-ECHO and release are answered', async (t) => {
  await assertServes(await openDoor(t, createMemoryStore().ports));
});

test('a dataset arrives bit by bit as it was sent, in the accepted transfer syntax', async (t) => {
  const store = createMemoryStore();
  const peer = await (await openDoor(t, store.ports)).open();
  peer.send(storeCommand('1.2.3.4', { messageId: 513 }), datasetPdus(dataset));
  const response = await peer.response();
  assert.deepEqual(
    [response.status, response.messageIdBeingRespondedTo, response.affectedSopInstanceUid],
    [0, 513, '1.2.3.4'],
  );
  const [stored] = store.stored;
  assert.ok(stored && dataset.equals(stored.dataset));
  assert.deepEqual(
    { ...stored, dataset: undefined },
    {
      callingAeTitle: 'MODALITY',
      sopClassUid: ctClassUid,
      sopInstanceUid: '1.2.3.4',
      transferSyntaxUid: '1.2.840.10008.1.2.1',
      messageId: 513,
      dataset: undefined,
    },
  );
});

test('an unknown caller is rejected by the right reason and reported (H1: no C-STORE after it)', async (t) => {
  const callers: Caller[] = [];
  const store = createMemoryStore({
    admit: (caller) => {
      callers.push(caller);
      return { reject: 'calling-ae' };
    },
  });
  const peer = await (await openDoor(t, store.ports)).connect();
  assert.equal(outcomeOf(await peer.associate({ callingAeTitle: 'EVIL' })), 'rejected 1/1/3');
  peer.send(storeCommand('1.2.3.4'), datasetPdus(dataset));
  assert.equal(await peer.receive(), 'closed');
  assert.deepEqual(callers, [
    { callingAeTitle: 'EVIL', calledAeTitle: 'OUTPOST', address: '127.0.0.1' },
  ]);
  assert.equal(store.stored.length + store.openSinks(), 0);
});

test('each rejection has its reason', async (t) => {
  const door = await openDoor(t, createMemoryStore({ admit: () => ({ reject: 'busy' }) }).ports);
  const reject = async (options: Parameters<typeof associateRequest>[0]): Promise<string> =>
    outcomeOf(await (await door.connect()).associate(options));
  assert.equal(await reject({}), 'rejected 2/3/2');
  assert.equal(await reject({ calledAeTitle: 'OTHER' }), 'rejected 1/1/7');
  assert.equal(await reject({ protocolVersion: 2 }), 'rejected 1/2/2');
  assert.equal(await reject({ applicationContext: '1.2.3' }), 'rejected 1/1/2');
});

test('H2: two dataset fragments in one PDU keep their order while the sink is full', async (t) => {
  const store = createMemoryStore({ write: () => false });
  const peer = await (await openDoor(t, store.ports)).open();
  const [a, b, c] = [
    Buffer.alloc(100_000, 'A'),
    Buffer.alloc(10_000, 'B'),
    Buffer.alloc(10_000, 'C'),
  ];
  peer.send(storeCommand('1.2.3.4'), dataOfSeveral([3, 0, a], [3, 0, b]), encodeData(3, 2, c));
  assert.equal((await peer.response()).status, 0);
  assert.ok(Buffer.concat([a, b, c]).equals(store.stored[0]?.dataset ?? Buffer.alloc(0)));
});

test('H3: C-STORE sent ahead of the answer is stored after it, one at a time', async (t) => {
  let running = 0;
  const store = createMemoryStore({
    finish: async () => {
      running++;
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(running--, 1);
      return { status: 0 };
    },
  });
  const peer = await (await openDoor(t, store.ports)).open();
  const pdus = [1, 2, 3].flatMap((messageId) => [
    storeCommand(`1.2.${messageId}`, { messageId }),
    datasetPdus(dataset.subarray(0, 5000)),
  ]);
  peer.send(...pdus, echoCommand(4));
  const answers = [];
  for (let n = 0; n < 4; n++) answers.push(await peer.response());
  assert.deepEqual(
    answers.map(({ messageIdBeingRespondedTo, status }) => [messageIdBeingRespondedTo, status]),
    [
      [1, 0],
      [2, 0],
      [3, 0],
      [4, 0],
    ],
  );
  assert.deepEqual(
    store.stored.map((stored) => stored.sopInstanceUid),
    ['1.2.1', '1.2.2', '1.2.3'],
  );
});

test('H5: a C-STORE on another class than its context is read, dropped and answered 0122', async (t) => {
  const store = createMemoryStore();
  const peer = await (await openDoor(t, store.ports)).open();
  const onVerification = encodeData(1, 2, dataset.subarray(0, 100));
  peer.send(storeCommand('1.2.3', { contextId: 1 }), onVerification);
  assert.equal((await peer.response()).status, 0x0122);
  peer.send(storeCommand('1.2.3', { contextId: 1, sopClassUid: verificationUid }), onVerification);
  assert.equal((await peer.response()).status, 0x0122);
  peer.send(
    storeCommand('1.2.3', { sopClassUid: '1.2.840.10008.5.1.4.1.1.4' }),
    datasetPdus(dataset),
  );
  assert.equal((await peer.response()).status, 0x0122);
  peer.send(storeCommand('1.2.3'), datasetPdus(dataset));
  assert.equal((await peer.response()).status, 0, 'the association goes on');
  assert.equal(store.stored.length, 1);
});

test('H10: a full disk is a status with a comment, not an abort', async (t) => {
  let turn = 0;
  const full = { status: 0xa700, comment: 'Disk full, call the clinic' };
  const good = createMemoryStore({ finish: async () => (turn === 2 ? full : { status: 0 }) });
  const store = createMemoryStore({
    begin: async (arrival) => (++turn === 1 ? fail(full) : good.ports.begin(arrival)),
  });
  const peer = await (await openDoor(t, store.ports)).open();
  for (const expected of [0xa700, 0xa700, 0]) {
    peer.send(storeCommand('1.2.3'), datasetPdus(dataset));
    const { status, comment } = await peer.response();
    assert.equal(status, expected);
    assert.equal(comment, expected === 0 ? '' : full.comment);
  }
});

test('H14 and H15: a C-STORE without a dataset, or with an empty one, is answered C000', async (t) => {
  const store = createMemoryStore();
  const peer = await (await openDoor(t, store.ports)).open();
  peer.send(storeCommand('1.2.3', { hasDataset: false }));
  assert.equal((await peer.response()).status, 0xc000);
  peer.send(storeCommand('1.2.3'), datasetPdus(new Uint8Array()));
  assert.equal((await peer.response()).status, 0xc000);
  assert.deepEqual([store.stored.length, store.openSinks()], [0, 0]);
  peer.send(echoCommand(9));
  assert.equal((await peer.response()).status, 0, 'the association goes on');
});

test('an instance without a legal UID is answered C000', async (t) => {
  const store = createMemoryStore();
  const peer = await (await openDoor(t, store.ports)).open();
  peer.send(storeCommand('../../1'), datasetPdus(dataset));
  assert.equal((await peer.response()).status, 0xc000);
  assert.equal(store.openSinks(), 0);
});

test('operations that are not served are answered 0211, and stray answers ignored', async (t) => {
  const peer = await (await openDoor(t, createMemoryStore().ports)).open();
  peer.send(plainCommand(0x0020, 5));
  const response = await peer.response();
  assert.deepEqual([response.commandField, response.status], [0x8020, 0x0211]);
  peer.send(plainCommand(0x8030, 5), plainCommand(0x0fff, 5), echoCommand(6));
  assert.equal((await peer.response()).messageIdBeingRespondedTo, 6);
});

test('H17: contexts in descending order are served', async (t) => {
  const store = createMemoryStore();
  const peer = await (await openDoor(t, store.ports)).connect();
  const contexts = [
    { id: 5, abstractSyntaxUid: verificationUid, transferSyntaxUids: ['1.2.840.10008.1.2'] },
    { id: 3, abstractSyntaxUid: ctClassUid, transferSyntaxUids: ['1.2.840.10008.1.2.1'] },
    { id: 1, abstractSyntaxUid: '1.2.3', transferSyntaxUids: ['1.2.840.10008.1.2'] },
  ];
  const accept = readAccept(await peer.associate({ contexts }));
  assert.deepEqual(
    Object.entries(accept.contexts).map(([id, [result]]) => [id, result]),
    [
      ['1', 3],
      ['3', 0],
      ['5', 0],
    ],
  );
  peer.send(storeCommand('1.2.3'), datasetPdus(dataset));
  assert.equal((await peer.response()).status, 0);
});

test('one transfer syntax is chosen a context, by the clinical order, and our own limit announced', async (t) => {
  const peer = await (await openDoor(t, createMemoryStore().ports)).connect();
  const [jpegLossless, jpip] = ['1.2.840.10008.1.2.4.70', '1.2.840.10008.1.2.4.94'];
  const [implicit, explicit] = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1'];
  const offers = [[jpegLossless, explicit], [implicit, explicit], [jpip]];
  const accept = readAccept(
    await peer.associate({
      pduLengthBytes: 0,
      contexts: offers.map((transferSyntaxUids, index) => ({
        id: 2 * index + 1,
        abstractSyntaxUid: ctClassUid,
        transferSyntaxUids,
      })),
    }),
  );
  assert.deepEqual(accept.contexts[1], [0, jpegLossless]);
  assert.deepEqual(accept.contexts[3], [0, explicit]);
  assert.equal(accept.contexts[5]?.[0], 4);
  assert.equal(accept.pduLengthBytes, 131_072);
});
