import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import { concat } from '#sync/core/bytes.ts';
import { encodeData, encodeItem, encodePdu, encodeRelease, pduType } from '#sync/dimse/pdu.ts';
import {
  associateRequest,
  ctClassUid,
  datasetPdus,
  outcomeOf,
  readAccept,
  storeCommand,
} from '#test/support/dimse-peer.ts';
import { createMemoryStore } from '#test/support/memory-sink.ts';
import { assertServes, assertShut, openDoor } from '#test/support/storage-door.ts';

const dataset = Buffer.alloc(120_000, 'DATASET ');

test('garbage, HTTP and truncated PDUs close one connection and harm no other', async (t) => {
  const door = await openDoor(t, createMemoryStore().ports);
  for (const bytes of [Buffer.alloc(65_536, 0xa5), Buffer.from('GET / HTTP/1.0\r\n\r\n')]) {
    const peer = await door.connect();
    peer.send(bytes);
    assertShut(outcomeOf(await peer.receive()));
  }
  for (const length of [3, 6, 40, 100]) {
    const peer = await door.connect();
    peer.socket.end(associateRequest().subarray(0, length));
    assert.equal(await peer.receive(), 'closed');
  }
  await assertServes(door);
});

test('H4: a peer that takes less than 1,024 bytes a PDU is refused', async (t) => {
  const door = await openDoor(t, createMemoryStore().ports);
  const peer = await door.connect();
  assert.equal(outcomeOf(await peer.associate({ pduLengthBytes: 6 })), 'rejected 1/1/1');
  assert.equal(await peer.receive(), 'closed');
  await assertServes(door);
});

test('H5: a fragment on a context that was not accepted ends the association', async (t) => {
  const store = createMemoryStore();
  const door = await openDoor(t, store.ports, { sopClasses: ['1.2.3.4.5'] });
  const peer = await door.connect();
  const { contexts } = readAccept(await peer.associate());
  assert.deepEqual(contexts[3]?.[0], 3, 'abstract syntax not supported');
  peer.send(storeCommand('1.2.3'), datasetPdus(dataset));
  assertShut(outcomeOf(await peer.receive()));
  assert.equal(store.stored.length, 0);
});

test('H6: 20,000 contexts are refused while others are served', async (t) => {
  const door = await openDoor(t, createMemoryStore().ports);
  const item = encodeItem(0x20, concat(Uint8Array.of(1, 0, 0, 0), encodeItem(0x30, ctClassUid)));
  for (const count of [20_000, 7000]) {
    const peer = await door.connect();
    peer.send(associateRequest({ contexts: [], extraItems: concat(...Array(count).fill(item)) }));
    assertShut(outcomeOf(await peer.receive()));
  }
  await assertServes(door);
});

test('H7: a PDU length of FFFFFFFF closes at the header', async (t) => {
  const door = await openDoor(t, createMemoryStore().ports);
  const peer = await door.open();
  peer.send(Uint8Array.of(pduType.data, 0, 0xff, 0xff, 0xff, 0xff));
  assert.equal(outcomeOf(await peer.receive()), 'aborted');
  assert.equal(await peer.receive(), 'closed');
});

test('H8: endless empty command fragments are cut off', async (t) => {
  const door = await openDoor(t, createMemoryStore().ports);
  const peer = await door.open();
  const empty = concat(...Array(5000).fill(encodeData(3, 1, new Uint8Array())));
  for (let n = 0; n < 30; n++) peer.send(empty);
  assertShut(outcomeOf(await peer.receive()));
  await assertServes(door);
});

test('H9: ports that throw are answered by a rejection or 0110, and the door stays open', async (t) => {
  const bug = (): never => {
    throw new TypeError('bug');
  };
  let turn = 0;
  const good = createMemoryStore();
  const bad = createMemoryStore({ write: bug });
  const store = createMemoryStore({
    admit: ({ callingAeTitle }) => (callingAeTitle === 'BUG' ? bug() : 'accept'),
    begin: (arrival) => {
      turn++;
      if (turn === 1) bug();
      if (turn === 2) return Promise.reject(new TypeError('bug'));
      return (turn === 3 ? bad : good).ports.begin(arrival);
    },
  });
  const door = await openDoor(t, store.ports);
  const rejected = await (await door.connect()).associate({ callingAeTitle: 'BUG' });
  assert.equal(outcomeOf(rejected), 'rejected 2/3/2');
  const peer = await door.open();
  for (const expected of [0x0110, 0x0110, 0x0110, 0]) {
    peer.send(storeCommand('1.2.3'), datasetPdus(dataset));
    assert.equal((await peer.response()).status, expected);
  }
  assert.equal(bad.abortedSinks(), 1);
});

test('H13: abort and close in the middle of a C-STORE leave no sink open', async (t) => {
  const aborts = 10;
  const store = createMemoryStore();
  const door = await openDoor(t, store.ports);
  for (let n = 0; n < aborts; n++) {
    const peer = await door.open();
    peer.send(storeCommand(`1.2.${n}`), encodeData(3, 0, dataset.subarray(0, 10_000)));
    if (n % 2) peer.socket.end();
    else peer.send(encodePdu(pduType.abort, new Uint8Array(4)));
    assert.equal(await peer.receive(), 'closed');
  }
  await assertServes(door);
  assert.deepEqual([store.openSinks(), store.stored.length], [0, 0]);
  assert.equal(store.abortedSinks(), aborts);
});

test('H13: a peer that goes away while its sink is being opened leaves none open', async (t) => {
  const inner = createMemoryStore();
  const begun = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const store = createMemoryStore({
    begin: async (arrival) => {
      begun.resolve();
      await gone.promise;
      return inner.ports.begin(arrival);
    },
  });
  const door = await openDoor(t, store.ports);
  const peer = await door.open();
  peer.send(storeCommand('1.2.3'));
  await begun.promise;
  peer.close();
  await assertServes(door);
  gone.resolve();
  await assertServes(door);
  assert.deepEqual([inner.openSinks(), inner.abortedSinks()], [0, 1]);
});

test('H16: malformed command sets end their association at once', async (t) => {
  const door = await openDoor(t, createMemoryStore().ports);
  for (let n = 0; n < 20; n++) {
    const peer = await door.open();
    peer.send(encodeData(3, 3, Buffer.alloc(n * 7 + 1, n + 1)));
    assert.equal(outcomeOf(await peer.receive()), 'aborted');
  }
  await assertServes(door);
});

test('P-DATA or a release before the association, and a second request, end the connection', async (t) => {
  const store = createMemoryStore();
  const door = await openDoor(t, store.ports);
  for (const bytes of [storeCommand('1.2.3'), encodeRelease('request')]) {
    const peer = await door.connect();
    peer.send(bytes);
    assert.equal(outcomeOf(await peer.receive()), 'aborted');
  }
  const peer = await door.open();
  peer.send(associateRequest());
  assert.equal(outcomeOf(await peer.receive()), 'aborted');
  assert.equal(store.openSinks(), 0);
});
