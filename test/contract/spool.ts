import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Enrolment } from '#sync/wire/enrolment.ts';
import type { Order } from '#sync/wire/order.ts';
import type { AgentSpool, ClinicalSpool } from '#sync/wire/spool.ts';
import { idOf, seededBytes } from '#test/support/pack-bytes.ts';

/** Both sides of one empty spool. */
export interface SpoolPair {
  readonly clinical: ClinicalSpool;
  readonly agent: AgentSpool;
  close(): Promise<void>;
}

const pack = seededBytes('spool contract', 70_000);
const packId = idOf(pack);
const order: Order = {
  format: 1,
  wake: 3,
  packs: [{ packId, class: 2, group: '00'.repeat(16), sizeBytes: pack.length }],
};

/** What every spool must do; run it against each implementation. */
export function spoolContract(name: string, openPair: () => Promise<SpoolPair>): void {
  const check = (sentence: string, body: (pair: SpoolPair) => Promise<void>): void => {
    test(`${name}: ${sentence}`, async () => {
      const pair = await openPair();
      try {
        await body(pair);
      } finally {
        await pair.close();
      }
    });
  };

  check('a pack put by the clinical side is read by the agent in any pieces', async (pair) => {
    assert.ok((await pair.clinical.putPack(packId, pack)).ok);
    assert.ok((await pair.clinical.putPack(packId, pack)).ok, 'putting it again is fine');
    assert.deepEqual(await pair.agent.outgoing(), [{ packId, sizeBytes: pack.length }]);
    const tail = await pair.agent.readOutgoing(packId, 69_000, 5_000);
    assert.deepEqual(tail.ok && tail.value, pack.subarray(69_000));
    assert.deepEqual(await pair.clinical.sentPacks(), [packId]);
    assert.deepEqual(await pair.clinical.readSent(packId), pack);
    await pair.clinical.removeSent(packId);
    await pair.clinical.removeSent(packId);
    assert.deepEqual(await pair.agent.outgoing(), []);
    assert.equal(await pair.clinical.readSent(packId), undefined);
  });

  check('a pack that is gone is a fault of its own kind', async (pair) => {
    const gone = await pair.agent.readOutgoing(packId, 0, 10);
    assert.equal(!gone.ok && gone.fault.kind, 'spool/missing');
    const arrived = await pair.clinical.readArrived(packId);
    assert.equal(!arrived.ok && arrived.fault.kind, 'spool/missing');
  });

  check('registers come back as they were written, and are missing before', async (pair) => {
    const before = await pair.agent.readOrder();
    assert.equal(!before.ok && before.fault.kind, 'spool/missing');
    assert.ok((await pair.clinical.writeOrder(order)).ok);
    const after = await pair.agent.readOrder();
    assert.deepEqual(after.ok && after.value, order);
    const peer = {
      format: 1,
      handle: '11'.repeat(16),
      ownMailbox: '22'.repeat(16),
      relays: [{ id: 'r1', urls: ['https://127.0.0.1:1'], spki: 'A'.repeat(43) }],
    } as const;
    assert.ok(
      (
        await pair.clinical.writePeer({
          ...peer,
          relays: [...peer.relays].map((r) => ({ ...r, urls: [...r.urls] })),
        })
      ).ok,
    );
    const read = await pair.agent.readPeer();
    assert.deepEqual(read.ok && read.value, peer);
    const enrolment = {
      format: 1,
      asks: [{ ticket: '33'.repeat(16), request: 'AAAA', relays: [...peer.relays] }],
    } as unknown as Enrolment;
    assert.equal((await pair.agent.readEnrolment()).ok, false);
    assert.ok((await pair.clinical.writeEnrolment(enrolment)).ok);
    const asks = await pair.agent.readEnrolment();
    assert.deepEqual(asks.ok && asks.value, enrolment);
    assert.equal(await pair.clinical.agentState(), undefined);
    const state = {
      format: 1,
      link: 'up',
      rateBytesPerS: 5,
      lastContactAt: null,
      offsets: { [packId]: 9 },
      faults: [],
    } as const;
    assert.ok((await pair.agent.writeState({ ...state, faults: [] })).ok);
    assert.deepEqual(await pair.clinical.agentState(), state);
  });

  check('signed files pass both ways', async (pair) => {
    assert.equal(await pair.agent.readPublic('access.json'), undefined);
    assert.ok((await pair.clinical.putPublic('access.json', Uint8Array.of(1, 2))).ok);
    assert.deepEqual(await pair.agent.readPublic('access.json'), Uint8Array.of(1, 2));
    assert.equal(await pair.clinical.readPublic('center.keys'), undefined);
    assert.ok((await pair.agent.putPublic('center.keys', Uint8Array.of(3))).ok);
    assert.deepEqual(await pair.clinical.readPublic('center.keys'), Uint8Array.of(3));
  });

  check('custody receipts are seen as received and forgotten with their pack', async (pair) => {
    await pair.clinical.putPack(packId, pack);
    assert.ok((await pair.agent.putCustody(packId, Uint8Array.of(7))).ok);
    assert.deepEqual(await pair.clinical.custodyPacks(), [packId]);
    assert.deepEqual(await pair.clinical.custodyReceipt(packId), Uint8Array.of(7));
    await pair.agent.forgetCustody();
    assert.equal((await pair.clinical.custodyPacks()).length, 1);
    await pair.clinical.removeSent(packId);
    await pair.agent.forgetCustody();
    assert.equal((await pair.clinical.custodyPacks()).length, 0);
  });

  check('a fetched pack grows by offsets, and a gap is refused', async (pair) => {
    assert.equal(await pair.agent.partSize(packId), 0);
    assert.ok((await pair.agent.appendPart(packId, 0, pack.subarray(0, 30_000))).ok);
    assert.equal(await pair.agent.partSize(packId), 30_000);
    const gap = await pair.agent.appendPart(packId, 30_001, pack.subarray(30_001));
    assert.equal(!gap.ok && gap.fault.kind, 'spool/refused');
    assert.ok((await pair.agent.appendPart(packId, 29_000, pack.subarray(29_000))).ok);
    assert.deepEqual(await pair.clinical.arrivedPacks(), []);
    assert.ok((await pair.agent.finishPart(packId)).ok);
    assert.deepEqual(await pair.clinical.arrivedPacks(), [packId]);
    const read = await pair.clinical.readArrived(packId);
    assert.deepEqual(read.ok && read.value, pack);
  });

  check('a part with a wrong byte is dropped', async (pair) => {
    const bad = pack.slice();
    bad[500] = (bad[500] ?? 0) ^ 1;
    await pair.agent.appendPart(packId, 0, bad);
    const finished = await pair.agent.finishPart(packId);
    assert.equal(!finished.ok && finished.fault.kind, 'spool/damaged');
    assert.equal(await pair.agent.partSize(packId), 0);
    assert.deepEqual(await pair.clinical.arrivedPacks(), []);
  });

  check('an arrived pack goes through taken and removal to nothing', async (pair) => {
    await pair.agent.appendPart(packId, 0, pack);
    await pair.agent.finishPart(packId);
    assert.deepEqual(await pair.agent.incoming(), { held: [packId], taken: [] });
    assert.ok((await pair.clinical.markTaken(packId)).ok);
    assert.ok((await pair.clinical.markTaken(packId)).ok);
    assert.deepEqual(await pair.clinical.arrivedPacks(), []);
    await pair.clinical.forgetTaken();
    assert.deepEqual(await pair.agent.incoming(), { held: [packId], taken: [packId] });
    await pair.agent.removeIncoming(packId);
    await pair.agent.removeIncoming(packId);
    await pair.clinical.forgetTaken();
    assert.deepEqual(await pair.agent.incoming(), { held: [], taken: [] });
  });

  check('a change on one side wakes the other', async (pair) => {
    const stop = new AbortController();
    try {
      const agentWoke = new Promise<void>((resolve) => pair.agent.watch(resolve, stop.signal));
      await pair.clinical.putPack(packId, pack);
      await agentWoke;
      const clinicalWoke = new Promise<void>((resolve) =>
        pair.clinical.watch(resolve, stop.signal),
      );
      await pair.agent.putCustody(packId, Uint8Array.of(1));
      await clinicalWoke;
    } finally {
      stop.abort();
    }
  });
}
