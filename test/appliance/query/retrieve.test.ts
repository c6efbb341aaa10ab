import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClassInSyntax, StorageWay } from '#appliance/query/ports.ts';
import { retrieve, type Shipment } from '#appliance/query/retrieve.ts';
import { concat } from '#sync/core/bytes.ts';
import { fault } from '#sync/core/fault.ts';
import { expectOk, fail, ok } from '#sync/core/result.ts';
import { parseDataSet } from '#sync/dicom/dataset.ts';
import { textOf } from '#sync/dicom/dataset-text.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { dimseStatus } from '#sync/dimse/command.ts';
import type { ServiceAnswer } from '#sync/dimse/service.ts';
import { explicitLittleEndianUid, implicitLittleEndianUid } from '#sync/dimse/uids.ts';
import { openQueryWorld } from '#test/support/query-world.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';

const ct = syntheticStudy({ seed: 7, slices: 4, rows: 16 });
const narrowing = { studyInstanceUids: [ct[0]?.attributes.studyInstanceUid ?? ''] };

/** A peer that takes these syntaxes and answers as told; undefined: it goes away. */
function peerOf(
  statuses: readonly (number | undefined)[],
  accepted: readonly string[] = [explicitLittleEndianUid],
) {
  const got: { readonly uid: string; readonly contextId: number; readonly bytes: Uint8Array }[] =
    [];
  let opened = 0;
  const way: StorageWay = {
    contextOf: ({ transferSyntaxUid }: ClassInSyntax) => {
      const index = accepted.indexOf(transferSyntaxUid);
      return index < 0 ? undefined : 2 * index + 1;
    },
    store: async (contextId, { sopInstanceUid }, dataset) => {
      const pieces: Uint8Array[] = [];
      for await (const piece of dataset) pieces.push(piece);
      got.push({ uid: sopInstanceUid, contextId, bytes: concat(...pieces) });
      return got.length <= statuses.length ? statuses[got.length - 1] : dimseStatus.success;
    },
  };
  const openWay = async (): Promise<StorageWay> => {
    opened++;
    return way;
  };
  return { got, openWay, opened: () => opened };
}

async function openRetrieval(t: Parameters<typeof openQueryWorld>[0]) {
  const world = await openQueryWorld(t);
  await world.add(...ct);
  const decoded: string[] = [];
  const ports = {
    catalog: world.folder.queries,
    store: world.folder.store,
    decoder: {
      decode: async (_object: unknown, into: string) => {
        decoded.push(into);
        return decoded.length === 2
          ? fail(fault('decode/damaged' as const, 'It cannot be decoded', 'Ask otherwise'))
          : ok(Uint8Array.of(1, 2));
      },
    },
  };
  return {
    ...{ world, decoded },
    run: async (change: Partial<Shipment>, signal = new AbortController().signal) => {
      const shipment: Shipment = {
        ...{ narrowing, openWay: peerOf([]).openWay, transferSyntaxUid: explicitLittleEndianUid },
        ...change,
      };
      const answers: ServiceAnswer[] = [];
      for await (const answer of retrieve(shipment, ports, signal)) answers.push(answer);
      return answers;
    },
  };
}

const failedIn = (answer: ServiceAnswer | undefined): string[] => {
  if (!answer?.dataset) return [];
  const dataset = expectOk(parseDataSet(answer.dataset, explicitLittleEndianUid));
  return textOf(dataset, 'FailedSOPInstanceUIDList').split('\\');
};

test('everything goes as it is stored, and the counts say how far it is', async (t) => {
  const { run } = await openRetrieval(t);
  const peer = peerOf([]);
  const answers = await run({ openWay: peer.openWay });
  assert.deepEqual(
    peer.got.map(({ bytes }) => datasetSha256(bytes)),
    ct.map((instance) => instance.datasetSha256),
  );
  assert.deepEqual(
    answers.map(({ status, subOperations }) => [status, subOperations?.remaining]),
    [...[3, 2, 1, 0].map((left) => [dimseStatus.pending, left]), [0, undefined]],
  );
  assert.deepEqual(answers.at(-1)?.subOperations, {
    ...{ completed: 4, failed: 0, warning: 0, remaining: undefined },
  });
  assert.equal(peer.opened(), 1);
});

test('what fails is counted and named, and the rest goes on', async (t) => {
  const { run } = await openRetrieval(t);
  const peer = peerOf([0, 0xa700, 0xb000, 0]);
  const last = (await run({ openWay: peer.openWay })).at(-1);
  assert.equal(last?.status, dimseStatus.subOperationsFailed);
  assert.deepEqual(last?.subOperations, {
    ...{ completed: 2, failed: 1, warning: 1, remaining: undefined },
  });
  assert.deepEqual(failedIn(last), [ct[1]?.sopInstanceUid]);
  assert.match(last?.comment ?? '', /A700H/);
});

test('a way that breaks costs one instance, and is opened again', async (t) => {
  const { run } = await openRetrieval(t);
  const peer = peerOf([0, undefined, 0, 0]);
  const last = (await run({ openWay: peer.openWay })).at(-1);
  assert.equal(peer.opened(), 2);
  assert.deepEqual(last?.subOperations, {
    ...{ completed: 3, failed: 1, warning: 0, remaining: undefined },
  });
});

test('a destination that is not there fails all of it, after one try', async (t) => {
  const { run } = await openRetrieval(t);
  let tries = 0;
  const openWay = async (): Promise<undefined> => {
    tries++;
    return undefined;
  };
  const last = (await run({ openWay })).at(-1);
  assert.equal(tries, 1);
  assert.equal(last?.status, dimseStatus.subOperationsImpossible);
  assert.equal(failedIn(last).length, 4);
});

test('what may not go there is not sent', async (t) => {
  const { run } = await openRetrieval(t);
  const peer = peerOf([]);
  const last = (await run({ openWay: peer.openWay, modalities: ['CR', 'DX'] })).at(-1);
  assert.equal(peer.got.length, 0);
  assert.equal(last?.status, dimseStatus.subOperationsImpossible);
});

test('a peer that does not take the syntax gets it decoded; what cannot be decoded fails alone', async (t) => {
  const { run, decoded } = await openRetrieval(t);
  const peer = peerOf([], [implicitLittleEndianUid]);
  const last = (await run({ openWay: peer.openWay })).at(-1);
  assert.deepEqual(decoded, Array(4).fill(implicitLittleEndianUid));
  assert.deepEqual(
    peer.got.map(({ bytes }) => [...bytes]),
    Array(3).fill([1, 2]),
  );
  assert.equal(last?.status, dimseStatus.subOperationsFailed);
  assert.deepEqual(failedIn(last), [ct[1]?.sopInstanceUid]);
});

test('a peer that takes no syntax of a class is told so', async (t) => {
  const { run } = await openRetrieval(t);
  const last = (await run({ openWay: peerOf([], []).openWay })).at(-1);
  assert.equal(last?.status, dimseStatus.subOperationsImpossible);
  assert.match(last?.comment ?? '', /not taken/);
});

test('a cancel ends it after the instance in hand, with what remains', async (t) => {
  const { run } = await openRetrieval(t);
  const cancel = new AbortController();
  const peer = peerOf([]);
  const openWay = async (): Promise<StorageWay> => {
    const way = await peer.openWay();
    return {
      ...way,
      store: async (...args) => {
        const status = await way.store(...args);
        if (peer.got.length === 2) cancel.abort();
        return status;
      },
    };
  };
  const last = (await run({ openWay }, cancel.signal)).at(-1);
  assert.equal(last?.status, dimseStatus.cancelled);
  assert.deepEqual(last?.subOperations, {
    ...{ completed: 2, failed: 0, warning: 0, remaining: 2 },
  });
  assert.equal(peer.got.length, 2);
});

test('an instance that has rotted is not sent', async (t) => {
  const { run, world } = await openRetrieval(t);
  const { store } = world.folder;
  const read = store.read.bind(store);
  const rotten = world.places[2];
  Object.assign(store, {
    read: async (...[record, offset, length]: Parameters<typeof store.read>) => {
      const bytes = await read(record, offset, length);
      const isRotten = bytes.ok && record.payloadOffset > (rotten?.recordOffset ?? 0);
      const isIt = isRotten && record.payloadOffset < (world.places[3]?.recordOffset ?? 0);
      if (isIt && record.segment === rotten?.segment) bytes.value.set([0x5a, 0xa5], 700);
      return bytes;
    },
  });
  const peer = peerOf([]);
  const last = (await run({ openWay: peer.openWay })).at(-1);
  assert.deepEqual(failedIn(last), [ct[2]?.sopInstanceUid]);
  assert.equal(peer.got.length, 3);
});
