import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { expectOk, fail } from '#sync/core/result.ts';
import { encodeDataSet, parseDataSet } from '#sync/dicom/dataset.ts';
import { dataSetOf, textOf } from '#sync/dicom/dataset-text.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';
import { commandField, dimseStatus, encodeRequest } from '#sync/dimse/command.ts';
import { encodeData, encodeFragments } from '#sync/dimse/pdu.ts';
import type { DimseService, ServiceAnswer, ServiceRequest } from '#sync/dimse/service.ts';
import type { StorageScpPorts } from '#sync/dimse/storage.ts';
import { explicitLittleEndianUid, verificationUid } from '#sync/dimse/uids.ts';
import { ctClassUid, outcomeOf, type RawPeer } from '#test/support/dimse-peer.ts';
import { assertServes, openDoor } from '#test/support/storage-door.ts';
import { syntheticSlice } from '#test/support/synthetic-ct.ts';

const studyFind = '1.2.840.10008.5.1.4.1.2.2.1';
const studyGet = '1.2.840.10008.5.1.4.1.2.2.3';
const findContexts = [
  { id: 1, abstractSyntaxUid: '1.2.840.10008.1.1', transferSyntaxUids: ['1.2.840.10008.1.2'] },
  { id: 5, abstractSyntaxUid: studyFind, transferSyntaxUids: [explicitLittleEndianUid] },
];
const noSink: StorageScpPorts = {
  admit: () => 'accept',
  begin: () => Promise.resolve(fail({ status: dimseStatus.processingFailure })),
};

const service = (serve: DimseService['serve'], sopClassUid = studyFind): DimseService => ({
  sopClassUids: [sopClassUid],
  serve,
});

async function openPeer(t: TestContext, serve: DimseService['serve']): Promise<RawPeer> {
  const door = await openDoor(t, noSink, { services: [service(serve)] });
  const peer = await door.connect();
  assert.equal(outcomeOf(await peer.associate({ contexts: findContexts })), 'accepted');
  return peer;
}

function find(peer: RawPeer, messageId = 1, keys = dataSetOf({ PatientID: '' })): void {
  const command = encodeRequest({
    commandField: commandField.find,
    messageId,
    affectedSopClassUid: studyFind,
    hasDataset: true,
  });
  const identifier = encodeDataSet(keys, explicitLittleEndianUid);
  peer.send(encodeData(5, 3, command), ...encodeFragments(5, identifier, 16_384));
}

function cancel(peer: RawPeer, messageId: number): void {
  // C-CANCEL names the request in (0000,0120) and has no message id of its own (PS3.7 9.3.2.3).
  const element = (number: number, value: number): Buffer => {
    const bytes = Buffer.alloc(10);
    bytes.writeUInt16LE(number, 2);
    bytes.writeUInt32LE(2, 4);
    bytes.writeUInt16LE(value, 8);
    return bytes;
  };
  const command = Buffer.concat([
    element(0x0100, commandField.cancel),
    element(0x0120, messageId),
    element(0x0800, 0x0101),
  ]);
  peer.send(encodeData(5, 3, command));
}

const match = (id: string): ServiceAnswer => ({
  status: dimseStatus.pending,
  dataset: encodeDataSet(dataSetOf({ PatientID: id }), explicitLittleEndianUid),
});
const success: ServiceAnswer = { status: dimseStatus.success };

test('matches come one by one with their datasets, then the end', async (t) => {
  const seen: ServiceRequest[] = [];
  const peer = await openPeer(t, async function* (request) {
    seen.push(request);
    yield match('A');
    yield match('B');
    yield success;
  });
  find(peer, 7, dataSetOf({ PatientID: 'A*' }));
  const ids: string[] = [];
  for (let answers = 0; answers < 2; answers++) {
    const response = await peer.response();
    assert.deepEqual([response.status, response.messageIdBeingRespondedTo], [0xff00, 7]);
    const data = await peer.receive();
    assert.ok(data !== 'closed');
    const dataset = expectOk(parseDataSet(data.body.subarray(6), explicitLittleEndianUid));
    ids.push(textOf(dataset, 'PatientID'));
  }
  assert.deepEqual(ids, ['A', 'B']);
  const last = await peer.response();
  assert.deepEqual([last.status, last.hasDataset, last.commandField], [0, false, 0x8020]);
  const [request] = seen;
  assert.ok(request?.dataset);
  assert.equal(
    textOf(expectOk(parseDataSet(request.dataset, request.transferSyntaxUid)), 'PatientID'),
    'A*',
  );
  assert.equal(request.caller.callingAeTitle, 'MODALITY');
});

test('a cancel aborts the request that it names and no other, and the answer says so', async (t) => {
  const begun = Promise.withResolvers<AbortSignal>();
  const peer = await openPeer(t, async function* ({ signal }) {
    begun.resolve(signal);
    if (!signal.aborted) await once(signal, 'abort');
    yield { status: dimseStatus.cancelled };
  });
  find(peer, 3);
  const signal = await begun.promise;
  cancel(peer, 4);
  find(peer, 5);
  assert.equal((await peer.response()).status, dimseStatus.resourceLimitation, 'one at a time');
  assert.equal(signal.aborted, false, 'the cancel was of another request');
  cancel(peer, 3);
  const response = await peer.response();
  assert.deepEqual(
    [response.status, response.messageIdBeingRespondedTo],
    [dimseStatus.cancelled, 3],
  );
});

test('a service that throws, or ends without an answer, costs one request and not the door', async (t) => {
  const throws = service(async function* ({ command }) {
    if (command.messageId === 1) throw new Error('a bug');
    yield* [];
  });
  const door = await openDoor(t, noSink, { services: [throws] });
  const peer = await door.connect();
  await peer.associate({ contexts: findContexts });
  for (const messageId of [0, 1]) {
    find(peer, messageId);
    assert.equal((await peer.response()).status, dimseStatus.processingFailure);
  }
  await assertServes(door);
});

test('a peer that did not take on the SCP role is sent no instance', async (t) => {
  const found: unknown[] = [];
  const get: DimseService = {
    sopClassUids: [studyFind],
    sendsInstances: true,
    async *serve({ reverse }) {
      found.push(reverse.contextOf(ctClassUid, {}), reverse.contextOf(ctClassUid, { asScp: true }));
      yield success;
    },
  };
  const door = await openDoor(t, noSink, { services: [get] });
  const peer = await door.connect();
  const ct = {
    id: 7,
    abstractSyntaxUid: ctClassUid,
    transferSyntaxUids: [explicitLittleEndianUid],
  };
  await peer.associate({ contexts: [...findContexts, ct] });
  find(peer);
  assert.equal((await peer.response()).status, dimseStatus.success);
  assert.deepEqual(found, [7, undefined]);
});

test('a dataset that cannot be read to its end aborts the association, since half a message has no other end', async (t) => {
  const answers: unknown[] = [];
  const peer = await openPeer(t, async function* ({ reverse }) {
    const command = {
      commandField: commandField.eventReport,
      affectedSopClassUid: studyFind,
    };
    answers.push(await reverse.request(5, command, broken()));
    yield success;
  });
  find(peer);
  assert.equal((await peer.receive()) !== 'closed', true, 'the command of the request');
  assert.equal(outcomeOf(await peer.receive()), 'aborted');
  assert.deepEqual(answers, [undefined]);
});

test('the end of the association aborts what a service still does', async (t) => {
  const aborted = Promise.withResolvers<void>();
  const peer = await openPeer(t, async function* ({ signal }) {
    yield match('A');
    if (!signal.aborted) await once(signal, 'abort');
    aborted.resolve();
  });
  find(peer);
  await peer.response();
  peer.close();
  await aborted.promise;
});

test('a peer that reads no answers is waited for, and memory stays flat', async (t) => {
  let yielded = 0;
  const big = encodeDataSet(
    dataSetOf({ PatientComments: 'x'.repeat(9_000) }),
    explicitLittleEndianUid,
  );
  const peer = await openPeer(t, async function* () {
    for (; yielded < 10_000; yielded++) yield { status: dimseStatus.pending, dataset: big };
    yield success;
  });
  peer.socket.pause();
  find(peer);
  // The peer's window and ours fill, and then nothing more is asked of the service.
  let last = -1;
  while (last !== yielded || yielded === 0) {
    last = yielded;
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(yielded < 10_000, `${yielded} answers of 9 KB were made for a peer that reads none`);
});

test('who only looks is let in while nothing is taken; who would also send is not', async (t) => {
  const looking: DimseService = {
    ...{ sopClassUids: ['1.2.3.4'], onlyReads: true, sendsInstances: true },
    serve: () => noAnswers(),
  };
  const writing: DimseService = { sopClassUids: ['1.2.3.5'], serve: () => noAnswers() };
  const door = await openDoor(
    t,
    { ...noSink, admit: () => ({ reject: 'busy' }) },
    {
      services: [looking, writing],
    },
  );
  const ask = async (uids: readonly string[], roles: readonly string[] = []): Promise<string> => {
    const contexts = uids.map((abstractSyntaxUid, index) => ({
      ...{ id: 2 * index + 1, abstractSyntaxUid, transferSyntaxUids: ['1.2.840.10008.1.2'] },
    }));
    const userItems = Buffer.concat(
      roles.map((uid) => {
        const bytes = Buffer.from(uid, 'latin1');
        const head = Buffer.from([0x54, 0, 0, bytes.length + 4, 0, bytes.length]);
        return Buffer.concat([head, bytes, Buffer.from([0, 1])]);
      }),
    );
    return outcomeOf(await (await door.connect()).associate({ contexts, userItems }));
  };
  assert.equal(await ask(['1.2.3.4', verificationUid]), 'accepted');
  assert.equal(await ask(['1.2.3.4', ctClassUid], [ctClassUid]), 'accepted');
  const busy = 'rejected 2/3/2';
  assert.equal(await ask(['1.2.3.4', ctClassUid]), busy);
  assert.equal(await ask(['1.2.3.4', '1.2.3.5']), busy);
  assert.equal(await ask([verificationUid]), busy, 'an echo asks whether images are taken');
});

async function* noAnswers(): AsyncGenerator<never> {
  yield* [];
}

const hasDcmtk = spawnSync('findscu', ['--version']).status === 0;
const skip = hasDcmtk ? false : 'DCMTK is not installed';

test('findscu of DCMTK finds', { skip }, async (t) => {
  const door = await openDoor(t, noSink, {
    services: [
      service(async function* ({ transferSyntaxUid }) {
        const dataset = encodeDataSet(dataSetOf({ PatientID: 'P1' }), transferSyntaxUid);
        yield { status: dimseStatus.pending, dataset };
        yield success;
      }),
    ],
  });
  const { output } = await run('findscu', [
    ...['-v', '-S', '-aec', 'OUTPOST', '-k', 'QueryRetrieveLevel=STUDY', '-k', 'PatientID'],
    ...['127.0.0.1', String(door.port)],
  ]);
  assert.match(output, /P1/);
  assert.match(output, /Success/);
});

test('getscu of DCMTK gets an instance on the same association', { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-get-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const { part10, sopInstanceUid } = syntheticSlice({ seed: 1, slices: 1 }, 0);
  const header = expectOk(readFileHeader(part10));
  const dataset = part10.subarray(header.fileHeaderSizeBytes);
  const statuses: (number | undefined)[] = [];
  const get: DimseService = {
    sopClassUids: [studyGet],
    sendsInstances: true,
    async *serve({ reverse }) {
      const context = reverse.contextOf(header.sopClassUid, {
        transferSyntaxUid: header.transferSyntaxUid,
        asScp: true,
      });
      assert.ok(context !== undefined);
      const stored = await reverse.request(
        context,
        {
          commandField: commandField.store,
          affectedSopClassUid: header.sopClassUid,
          affectedSopInstanceUid: sopInstanceUid,
        },
        pieces(dataset),
      );
      statuses.push(stored?.status);
      const subOperations = { remaining: undefined, completed: 1, failed: 0, warning: 0 };
      yield { status: dimseStatus.success, subOperations };
    },
  };
  const door = await openDoor(t, noSink, { services: [get] });
  const { output } = await run('getscu', [
    ...['-v', '-S', '-aec', 'OUTPOST', '-od', folder, '+B', '-k', 'QueryRetrieveLevel=STUDY'],
    ...['-k', `StudyInstanceUID=1.2.3`, '127.0.0.1', String(door.port)],
  ]);
  assert.deepEqual(statuses, [0], output);
  const [name = ''] = await readdir(folder);
  const got = await readFile(join(folder, name));
  const at = expectOk(readFileHeader(got)).fileHeaderSizeBytes;
  assert.ok(Buffer.from(dataset).equals(got.subarray(at)), 'the same dataset, byte for byte');
});

/** Odd pieces, as a store gives them. */
async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 99_991) yield bytes.subarray(at, at + 99_991);
}

async function run(command: string, args: readonly string[]): Promise<{ readonly output: string }> {
  const child = spawn(command, args, { env: { ...process.env, TCP_NODELAY: '1' } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      output += bytes.toString('latin1');
    });
  }
  await once(child, 'close');
  return { output };
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield Uint8Array.of(1, 2);
  throw new Error('a bad sector');
}
