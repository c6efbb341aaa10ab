import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Ledger } from '#sync/center/ports-ledger.ts';
import type { LedgerEntry } from '#sync/center/rows.ts';
import { ledgerAnswersContract } from './ledger-answers.ts';
import {
  at,
  entryOf,
  instance,
  manifestEntry,
  packId,
  packOf,
  receiptOf,
  reportRow,
  studyOf,
} from './ledger-rows.ts';

/** What every ledger does; `name` says which one failed. */
export function ledgerContract(name: string, open: (t: TestContext) => Promise<Ledger>): void {
  ledgerAnswersContract(name, open);
  const a = instance('2.25.11', 'a');
  const b = instance('2.25.12', 'b', { instanceNumber: 2 });

  test(`${name}: it counts as empty until a rebuild of it has come to its end`, async (t) => {
    const ledger = await open(t);
    await ledger.beginRebuild();
    await ledger.record(entryOf(7, [a]));
    await ledger.beginRebuild();
    assert.equal(await ledger.isEmpty(), true);
    await ledger.endRebuild();
    assert.equal(await ledger.isEmpty(), false);
  });

  test(`${name}: a pack is found by its id, its uid and its number`, async (t) => {
    const ledger = await open(t);
    assert.equal(await ledger.isEmpty(), true);
    await ledger.record(entryOf(7, [a]));
    assert.equal(await ledger.isEmpty(), false);
    assert.deepEqual(await ledger.findPack(packId(7)), packOf(7));
    assert.equal(await ledger.findPack(packId(8)), undefined);
    assert.equal((await ledger.packsOfUid(packOf(7).uid))[0]?.packId, packId(7));
    assert.equal((await ledger.packsOfNumber(packOf(7).stream, '7'))[0]?.packId, packId(7));
    assert.deepEqual(await ledger.packsOfNumber(packOf(7).stream, '8'), []);
  });

  test(`${name}: the same pack twice changes nothing, not even what was delivered since`, async (t) => {
    const ledger = await open(t);
    await ledger.record(entryOf(1, [a]));
    await ledger.markSending([a]);
    await ledger.markDelivered([{ key: a, storedAt: at }]);
    await ledger.record(entryOf(1, [a]));
    const [row] = await ledger.findInstances([a.sopInstanceUid]);
    assert.equal(row?.state, 'stored');
    assert.equal(row?.storedAt, at);
    assert.deepEqual(await ledger.planned(10), []);
  });

  test(`${name}: two datasets of one UID are two rows, and the conflict is never planned`, async (t) => {
    const ledger = await open(t);
    const other = instance(a.sopInstanceUid, 'f', { enteredAs: 'conflict' });
    await ledger.record(entryOf(1, [a, other]));
    assert.equal((await ledger.findInstances([a.sopInstanceUid])).length, 2);
    const planned = await ledger.planned(10);
    assert.deepEqual(
      planned.map(({ datasetSha256 }) => datasetSha256),
      [a.datasetSha256],
    );
    await ledger.markSending([other]);
    await ledger.markDelivered([{ key: other, storedAt: at }]);
    assert.equal((await ledger.counts()).instances.conflict, 1);
  });

  test(`${name}: a crash while sending plans the instance again, and it is counted`, async (t) => {
    const ledger = await open(t);
    await ledger.record(entryOf(1, [a, b]));
    await ledger.markSending([a, b]);
    await ledger.markDelivered([{ key: b, storedAt: at }]);
    assert.equal((await ledger.sending()).length, 1);
    assert.equal(await ledger.recoverSending(), 1);
    assert.deepEqual(await ledger.sending(), []);
    assert.deepEqual(
      (await ledger.planned(10)).map((row) => [row.sopInstanceUid, row.resentAfterCrash]),
      [[a.sopInstanceUid, 1]],
    );
    assert.equal((await ledger.counts()).resentAfterCrash, 1);
  });

  test(`${name}: only what is being sent can be stored`, async (t) => {
    const ledger = await open(t);
    await ledger.record(entryOf(1, [a]));
    await ledger.markDelivered([{ key: a, storedAt: at }]);
    assert.equal((await ledger.planned(10)).length, 1);
  });

  test(`${name}: a study that went to another center is not handed out and not answered; what was delivered stays`, async (t) => {
    const ledger = await open(t);
    const word = (n: number, version: number, isOurs: boolean, more: object = {}): LedgerEntry => ({
      pack: { ...packOf(n), kind: 'control' },
      instances: [],
      addressee: {
        ...{ studyInstanceUid: '2.25.1', site: 'CM-BAF-01', box: 'aa'.repeat(32), version, isOurs },
        ...more,
      },
    });
    const standing = async () => ({
      planned: (await ledger.planned(10)).length,
      unanswered: (await ledger.unanswered()).length,
      isWithdrawn: (await ledger.studies(10))[0]?.isWithdrawn,
      withdrawn: (await ledger.counts()).withdrawn,
    });
    const ours = { planned: 1, unanswered: 1, isWithdrawn: false, withdrawn: 0 };
    const theirs = { planned: 0, unanswered: 0, isWithdrawn: true, withdrawn: 1 };
    await ledger.record(word(8, 9, false, { site: 'CM-EVIL-1' }));
    await ledger.record(entryOf(1, [a, b]));
    await ledger.record(manifestEntry(2, 1, [a, b]));
    await ledger.markSending([a]);
    await ledger.markDelivered([{ key: a, storedAt: at }]);
    assert.deepEqual(await standing(), ours, 'the word of another site counts for nothing');
    await ledger.record(word(3, 2, false));
    assert.deepEqual(await standing(), theirs);
    assert.equal((await ledger.studies(10))[0]?.delivered.length, 1);
    await ledger.record(word(4, 1, true));
    assert.deepEqual(await standing(), theirs, 'an older word');
    await ledger.record(word(5, 3, true));
    assert.deepEqual(await standing(), ours);
    await ledger.record(word(6, 1, false, { box: 'bb'.repeat(32) }));
    assert.deepEqual(await standing(), theirs, 'the box in its place counts anew');
  });

  test(`${name}: STAT goes first, refused ones last, the rest by instance number`, async (t) => {
    const ledger = await open(t);
    const stat = instance('2.25.21', 'c', { studyInstanceUid: '2.25.9' });
    await ledger.record(entryOf(1, [b, a]));
    await ledger.record(entryOf(2, [stat], '2.25.9'));
    await ledger.record(manifestEntry(3, 1, undefined, { study: '2.25.9', isStat: true }));
    const order = async () => (await ledger.planned(10)).map((row) => row.sopInstanceUid);
    assert.deepEqual(await order(), ['2.25.21', '2.25.11', '2.25.12']);
    await ledger.markSending([a]);
    await ledger.markDelivered([{ key: a, fault: 'delivery/refused: no', isRefusal: true }]);
    assert.deepEqual(await order(), ['2.25.21', '2.25.12', '2.25.11']);
    assert.equal((await ledger.counts()).lastFault, 'delivery/refused: no');
    assert.equal((await ledger.planned(1)).length, 1);
  });

  test(`${name}: a study whose newest manifest is not STAT any more waits its turn`, async (t) => {
    const ledger = await open(t);
    const later = instance('2.25.21', 'c', { studyInstanceUid: '2.25.9' });
    await ledger.record(entryOf(1, [a]));
    await ledger.record(entryOf(2, [later], '2.25.9'));
    await ledger.record(manifestEntry(3, 2, undefined, { study: '2.25.9', isStat: false }));
    await ledger.record(manifestEntry(4, 1, undefined, { study: '2.25.9', isStat: true }));
    assert.equal((await ledger.planned(10))[0]?.sopInstanceUid, a.sopInstanceUid);
  });

  test(`${name}: a replaced box takes over the studies of its site`, async (t) => {
    const ledger = await open(t);
    await ledger.record(entryOf(1, [a]));
    const box = '99'.repeat(32);
    await ledger.record({ ...entryOf(2, [b]), study: { ...studyOf('2.25.1', '2027'), box } });
    const study = await ledger.findStudy('2.25.1');
    assert.equal(study?.box, box);
    assert.equal(study?.firstAt, at);
  });

  test(`${name}: the list of studies tells states, receipts and what was delivered`, async (t) => {
    const ledger = await open(t);
    await ledger.record(entryOf(1, [a, b]));
    await ledger.record(manifestEntry(2, 1, [a]));
    await ledger.markSending([a]);
    await ledger.markDelivered([{ key: a, storedAt: at }]);
    await ledger.markSending([b]);
    await ledger.markDelivered([{ key: b, fault: 'delivery/refused: no', isRefusal: true }]);
    await ledger.putOutgoing(receiptOf(50, 2));
    await ledger.putReport(reportRow);
    const [line] = await ledger.studies(10);
    assert.equal(line?.instanceCount, 2);
    assert.deepEqual(line?.instances, {
      planned: 1,
      sending: 0,
      stored: 1,
      committed: 0,
      conflict: 0,
    });
    assert.deepEqual(line?.receipts, [packId(2)]);
    assert.deepEqual(line?.delivered, [
      { sopInstanceUid: a.sopInstanceUid, datasetSha256: a.datasetSha256 },
    ]);
    assert.deepEqual(line?.untaken, [
      {
        sopInstanceUid: b.sopInstanceUid,
        datasetSha256: b.datasetSha256,
        reason: 'delivery/refused: no',
      },
    ]);
    assert.equal(line?.reports[0]?.state, 'waiting');
    const counts = await ledger.counts();
    assert.deepEqual(
      [counts.packs, counts.studies, counts.reports, counts.openReports],
      [2, 1, 1, 1],
    );
  });
}
