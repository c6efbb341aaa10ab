import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createDimseDelivery } from '#sync/adapters/delivery-dimse.ts';
import { createStorageScp } from '#sync/adapters/storage-scp-dimse.ts';
import type { OutgoingInstance } from '#sync/center/ports-delivery.ts';
import { concat } from '#sync/core/bytes.ts';
import { silentLog } from '#sync/core/log.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { encodeItem, encodePdu, pduType } from '#sync/dimse/pdu.ts';
import type { StorageScpPorts } from '#sync/dimse/storage.ts';
import { deliveryContract } from '#test/contract/delivery.ts';
import { ctClassUid } from '#test/support/dimse-peer.ts';
import { createMemoryStore } from '#test/support/memory-sink.ts';
import { sendStudy } from '#test/support/modality.ts';
import { outgoing } from '#test/support/outgoing.ts';

const never = new AbortController().signal;
const [implicit, explicit] = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1'];
const [jpegLossless, privateSyntax] = ['1.2.840.10008.1.2.4.70', '1.3.46.670589.33.1.4.1'];

function instance(
  sopInstanceUid: string,
  { sizeBytes = 1001, ...over }: Partial<OutgoingInstance> & { readonly sizeBytes?: number } = {},
): OutgoingInstance {
  return outgoing(sopInstanceUid, Buffer.alloc(sizeBytes, sopInstanceUid), over);
}

async function pacs(t: TestContext, ports: StorageScpPorts, sopClasses?: readonly string[]) {
  const scp = createStorageScp(
    ports,
    {
      host: '127.0.0.1',
      port: 0,
      aeTitles: ['PACS'],
      limits: { connectionsPerAddressPerS: 1000 },
      ...(sopClasses ? { sopClasses } : {}),
    },
    silentLog,
  );
  const { port } = await scp.listen();
  t.after(() => scp.close());
  return { port, scp, ...delivery(port) };
}

function delivery(port: number, timeoutMs = 60_000) {
  const target = { host: '127.0.0.1', port, calledAeTitle: 'PACS', callingAeTitle: 'CENTER' };
  return { target, ...createDimseDelivery(target, silentLog, { timeoutMs }) };
}

/** A server that does with each connection what `serve` does. */
async function fakePacs(t: TestContext, serve: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

function kindsOf(
  results: readonly ({ ok: true } | { ok: false; fault: { kind: string; retry: string } })[],
) {
  return results.map((result) => (result.ok ? 'ok' : `${result.fault.kind} ${result.fault.retry}`));
}

deliveryContract(
  'delivery by C-STORE',
  async (t) => {
    let arrivedBytes = 0;
    const write = (bytes: Uint8Array): boolean => {
      arrivedBytes += bytes.length;
      return true;
    };
    const store = createMemoryStore({ write });
    const { deliver, echo } = await pacs(t, store.ports);
    return {
      delivery: { deliver, echo },
      stored: async () =>
        new Map(store.stored.map((each) => [each.sopInstanceUid, datasetSha256(each.dataset)])),
      arrivedBytes: async () => arrivedBytes,
    };
  },
  32 * 1024 * 1024,
);

test('instances arrive bit by bit, each in its original transfer syntax', async (t) => {
  const store = createMemoryStore();
  const { deliver } = await pacs(t, store.ports);
  const batch = [implicit, explicit, jpegLossless, privateSyntax].map((transferSyntaxUid, n) =>
    instance(`1.2.${n}`, { transferSyntaxUid, sizeBytes: 300_001 + n }),
  );
  assert.deepEqual(kindsOf(await deliver(batch, never)), ['ok', 'ok', 'ok', 'ok']);
  assert.deepEqual(
    store.stored.map(({ sopInstanceUid, transferSyntaxUid }) => [
      sopInstanceUid,
      transferSyntaxUid,
    ]),
    batch.map(({ sopInstanceUid, transferSyntaxUid }) => [sopInstanceUid, transferSyntaxUid]),
  );
  store.stored.forEach((stored, n) => {
    assert.equal(datasetSha256(stored.dataset), batch[n]?.datasetSha256);
  });
  assert.equal(store.stored[0]?.callingAeTitle, 'CENTER');
});

test('what the destination does not take is refused alone, and never transcoded', async (t) => {
  const store = createMemoryStore();
  const { deliver } = await pacs(t, store.ports, [ctClassUid]);
  const jpip = '1.2.840.10008.1.2.4.94';
  const batch = [
    instance('1.2.1', { sopClassUid: '1.2.840.10008.5.1.4.1.1.4' }),
    instance('1.2.2', { transferSyntaxUid: jpip }),
    instance('1.2.3'),
  ];
  const refused = 'delivery/refused never';
  assert.deepEqual(kindsOf(await deliver(batch, never)), [refused, refused, 'ok']);
  assert.deepEqual(
    store.stored.map(({ sopInstanceUid }) => sopInstanceUid),
    ['1.2.3'],
  );
});

test('warnings count as stored; failures tell whether to come again', async (t) => {
  const statuses = [0xb000, 0xb007, 0xa700, 0xa900, 0xc000, 0x0110];
  let turn = 0;
  const store = createMemoryStore({ finish: async () => ({ status: statuses[turn++] ?? 0 }) });
  const { deliver } = await pacs(t, store.ports);
  const results = await deliver(
    statuses.map((_, n) => instance(`1.2.${n}`)),
    never,
  );
  const [later, neverAgain] = ['delivery/refused later', 'delivery/refused never'];
  assert.deepEqual(kindsOf(results), ['ok', 'ok', later, neverAgain, neverAgain, later]);
});

test('a destination that dies in the middle keeps what it answered', async (t) => {
  let turn = 0;
  const store = createMemoryStore({
    finish: async () => {
      if (++turn === 3) for (const socket of sockets) socket.destroy();
      return { status: 0 };
    },
  });
  const inner = await pacs(t, store.ports);
  const sockets: Socket[] = [];
  const port = await fakePacs(t, (socket) => {
    const { connect } = process.getBuiltinModule('node:net');
    const onward = connect(inner.port, '127.0.0.1');
    onward.on('error', () => {});
    sockets.push(socket, onward);
    socket.pipe(onward).pipe(socket);
  });
  const batch = [1, 2, 3, 4].map((n) => instance(`1.2.${n}`));
  const aborted = 'delivery/aborted later';
  const results = await delivery(port).deliver(batch, never);
  assert.deepEqual(kindsOf(results), ['ok', 'ok', aborted, aborted]);
});

test('nobody there, a rejection, and an echo are told apart', async (t) => {
  const store = createMemoryStore({ admit: () => ({ reject: 'calling-ae' }) });
  const closed = await pacs(t, store.ports);
  assert.deepEqual(kindsOf(await closed.deliver([instance('1.2.3')], never)), [
    'delivery/rejected later',
  ]);
  const open = await pacs(t, createMemoryStore().ports);
  assert.deepEqual(kindsOf([await open.echo(never)]), ['ok']);
  await open.scp.close();
  const unreachable = 'delivery/unreachable later';
  assert.deepEqual(kindsOf(await open.deliver([instance('1.2.3')], never)), [unreachable]);
  assert.deepEqual(kindsOf([await open.echo(never)]), [unreachable]);
  assert.deepEqual(await open.deliver([], never), []);
});

test('more pairs of class and syntax than contexts go on several associations', async (t) => {
  let associations = 0;
  const store = createMemoryStore({
    admit: () => {
      associations++;
      return 'accept';
    },
  });
  const { deliver } = await pacs(t, store.ports);
  const batch = Array.from({ length: 130 }, (_, n) =>
    instance(`1.2.${n}`, { transferSyntaxUid: `1.3.46.670589.${n}`, sizeBytes: 10 }),
  );
  const results = await deliver(batch, never);
  assert.ok(results.length === 130 && results.every((result) => result.ok));
  assert.equal(associations, 2);
});

test('a destination that says nothing is given up at the timeout', async (t) => {
  const port = await fakePacs(t, () => {});
  const results = await delivery(port, 100).deliver([instance('1.2.3')], never);
  assert.deepEqual(kindsOf(results), ['delivery/aborted later']);
});

test('the signal ends a delivery', async (t) => {
  const controller = new AbortController();
  const port = await fakePacs(t, () => controller.abort());
  const results = await delivery(port).deliver([instance('1.2.3')], controller.signal);
  assert.deepEqual(kindsOf(results), ['delivery/aborted later']);
  const again = await delivery(port).deliver([instance('1.2.3')], controller.signal);
  assert.deepEqual(kindsOf(again), ['delivery/aborted later']);
});

/** An A-ASSOCIATE-AC that accepts context 1 in `transferSyntaxUid`. */
function accept(transferSyntaxUid: string, pduLengthBytes: number): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(pduLengthBytes);
  const context = concat(Uint8Array.of(1, 0, 0, 0), encodeItem(0x40, transferSyntaxUid));
  const items = [encodeItem(0x21, context), encodeItem(0x50, encodeItem(0x51, length))];
  return encodePdu(pduType.associateAccept, concat(new Uint8Array(68), ...items));
}

test('a peer that accepts another syntax than offered, or almost no PDU length, is sent nothing', async (t) => {
  const cases = [
    [accept(implicit, 16_384), 'delivery/refused never'],
    [accept(explicit, 6), 'delivery/aborted later'],
  ] as const;
  for (const [answer, kind] of cases) {
    const types: (number | undefined)[] = [];
    const port = await fakePacs(t, (socket) => {
      socket.on('data', (bytes: Buffer) => {
        types.push(bytes[0]);
        socket.write(types.length === 1 ? answer : Buffer.from([6, 0, 0, 0, 0, 4, 0, 0, 0, 0]));
      });
    });
    assert.deepEqual(kindsOf(await delivery(port).deliver([instance('1.2.3')], never)), [kind]);
    assert.ok(!types.includes(pduType.data));
  }
});

test('the modality reports each object, and sends again only what was not acknowledged', async (t) => {
  const { buildFileHeader } = await import('#sync/dicom/part10.ts');
  const objects = ['1.2.1', '1.2.2', '1.2.3'].map((sopInstanceUid) => {
    const header = { sopClassUid: ctClassUid, sopInstanceUid, transferSyntaxUid: explicit };
    const dataset = Buffer.alloc(70_000, sopInstanceUid);
    return concat(buildFileHeader({ ...header, sendingAeTitle: '' }), dataset);
  });
  let turn = 0;
  const full = { status: 0xa700, comment: 'Disk full' };
  const store = createMemoryStore({ finish: async () => (++turn === 2 ? full : { status: 0 }) });
  const { target } = await pacs(t, store.ports);
  const stored: number[] = [];
  const options = { signal: never, onStored: (index: number) => void stored.push(index) };
  const statuses = await sendStudy(target, objects, options);
  assert.deepEqual(statuses, [
    { kind: 'stored', status: 0 },
    { kind: 'refused', ...full },
    { kind: 'stored', status: 0 },
  ]);
  assert.deepEqual(stored, [0, 2]);
  const rest = objects.filter((_, index) => statuses[index]?.kind !== 'stored');
  assert.deepEqual(await sendStudy(target, rest, options), [{ kind: 'stored', status: 0 }]);
  assert.equal(store.stored.length, 3);
});

test('the next instance leaves when the one before is written down', async (t) => {
  let turn = 0;
  const answers = [0, 0xa700, 0];
  const store = createMemoryStore({ finish: async () => ({ status: answers[turn++] ?? 0 }) });
  const { deliver } = await pacs(t, store.ports);
  const seen: string[] = [];
  const results = await deliver(
    ['1.2.1', '1.2.2', '1.2.3'].map((uid) => instance(uid)),
    never,
    async (index) => {
      // A network round trip would be over by far: nothing else may have come meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 50));
      seen.push(`${index} written down at ${turn}`);
    },
  );
  assert.deepEqual(kindsOf(results), ['ok', 'delivery/refused later', 'ok']);
  assert.deepEqual(seen, ['0 written down at 1', '2 written down at 3']);
});
