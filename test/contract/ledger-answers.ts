import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Ledger } from '#sync/center/ports-ledger.ts';
import {
  at,
  entryOf,
  instance,
  manifestEntry,
  packId,
  receiptOf,
  reportRow,
} from './ledger-rows.ts';

/** The way back to the box, of every ledger: manifests, receipts, reports and what of ours is under way. */
export function ledgerAnswersContract(
  name: string,
  open: (t: TestContext) => Promise<Ledger>,
): void {
  const a = instance('2.25.11', 'a');
  const b = instance('2.25.12', 'b', { instanceNumber: 2 });

  test(`${name}: the newest manifest with a list waits for its receipt`, async (t) => {
    const ledger = await open(t);
    await ledger.record(manifestEntry(1, 1, undefined));
    assert.deepEqual(await ledger.unanswered(), []);
    await ledger.record(manifestEntry(2, 2, [a]));
    await ledger.record(manifestEntry(3, 3, [a, b]));
    const ids = async () => (await ledger.unanswered()).map((manifest) => manifest.packId);
    assert.deepEqual(await ids(), [packId(3)]);
    await ledger.putOutgoing(receiptOf(50, 3));
    assert.deepEqual(await ids(), []);
    assert.deepEqual(
      (await ledger.manifests('2.25.1')).map(({ isAnswered }) => isAnswered),
      [false, false, true],
    );
    await ledger.dropOutgoing([packId(50)]);
    assert.deepEqual(await ids(), [packId(3)]);
    assert.deepEqual(await ledger.outgoing(), []);
  });

  test(`${name}: a manifest is answerable once the destination took all that it lists`, async (t) => {
    const ledger = await open(t);
    await ledger.record(manifestEntry(1, 1, []));
    await ledger.record(manifestEntry(2, 1, [a, b], { study: '2.25.9' }));
    const ids = async () => (await ledger.answerable()).map((manifest) => manifest.packId);
    await ledger.record(entryOf(3, [a]));
    await ledger.markSending([a]);
    await ledger.markDelivered([{ key: a, storedAt: at }]);
    assert.deepEqual(await ids(), [], 'one is not here, and an empty list says nothing');
    await ledger.record(entryOf(4, [b]));
    assert.deepEqual(await ids(), [], 'one is not delivered');
    await ledger.markSending([b]);
    await ledger.markDelivered([{ key: b, storedAt: at }]);
    assert.deepEqual(await ids(), [packId(2)]);
    await ledger.putOutgoing(receiptOf(50, 2));
    assert.deepEqual(await ids(), []);
  });

  test(`${name}: a study is incomplete until its newest list is answered, also before its first`, async (t) => {
    const ledger = await open(t);
    const asked = ['2.25.1', '2.25.9', '2.25.404'];
    const incomplete = async () => [...(await ledger.incomplete(asked)).keys()];
    await ledger.record(entryOf(1, [a]));
    await ledger.record(manifestEntry(2, 1, undefined, { study: '2.25.9' }));
    assert.deepEqual(await incomplete(), asked);
    const rows = await ledger.incomplete(asked);
    assert.equal(rows.get('2.25.9')?.site, 'CM-BAF-01');
    assert.equal(rows.get('2.25.404'), undefined);
    await ledger.record(manifestEntry(3, 2, [a], { study: '2.25.9' }));
    assert.deepEqual(await incomplete(), asked);
    await ledger.putOutgoing(receiptOf(50, 3));
    assert.deepEqual(await incomplete(), ['2.25.1', '2.25.404']);
    await ledger.record(manifestEntry(4, 3, [a, b], { study: '2.25.9' }));
    assert.deepEqual(await incomplete(), asked);
    assert.deepEqual([...(await ledger.incomplete([])).keys()], []);
  });

  test(`${name}: a receipt that a relay signed for is looked at no more, but found by its manifest`, async (t) => {
    const ledger = await open(t);
    const ids = async () => (await ledger.outgoing()).map((row) => row.packId);
    await ledger.putOutgoing(receiptOf(50, 1));
    await ledger.putOutgoing({ ...receiptOf(51, 0), kind: 'control', subject: 'please-resend/1' });
    assert.deepEqual(await ids(), [packId(50), packId(51)]);
    await ledger.markCustody([packId(50), packId(51)]);
    assert.deepEqual(await ids(), [packId(51)]);
    const receipts = await ledger.receiptsOf(packId(1));
    assert.deepEqual(
      receipts.map((row) => [row.packId, row.state]),
      [[packId(50), 'custody']],
    );
    assert.deepEqual(await ledger.receiptsOf(packId(2)), []);
  });

  test(`${name}: the list of a manifest tells what has not arrived`, async (t) => {
    const ledger = await open(t);
    await ledger.record(manifestEntry(1, 1, [a, b]));
    await ledger.record(entryOf(2, [a]));
    const states = await ledger.listStates(packId(1));
    const stateOf = (uid: string) => states.find((each) => each.sopInstanceUid === uid)?.state;
    assert.equal(states.length, 2);
    assert.equal(stateOf(a.sopInstanceUid), 'planned');
    assert.equal(stateOf(b.sopInstanceUid), undefined);
  });

  test(`${name}: an accession number leads to all studies that carry it`, async (t) => {
    const ledger = await open(t);
    await ledger.record(manifestEntry(1, 1, undefined));
    await ledger.record(manifestEntry(2, 2, [a]));
    await ledger.record(manifestEntry(3, 1, undefined, { study: '2.25.9' }));
    assert.deepEqual((await ledger.studiesByAccession('A1')).toSorted(), ['2.25.1', '2.25.9']);
    assert.deepEqual(await ledger.studiesByAccession('A2'), []);
  });

  test(`${name}: a pack of ours of every kind is read as it was put`, async (t) => {
    const ledger = await open(t);
    const kinds = ['receipt', 'report', 'control', 'grant'] as const;
    for (const [at, kind] of kinds.entries()) {
      await ledger.putOutgoing({ ...receiptOf(70 + at, 0), kind, subject: `${kind}/1` });
    }
    assert.deepEqual(
      (await ledger.outgoing()).map(({ kind, subject }) => [kind, subject]),
      kinds.map((kind) => [kind, `${kind}/1`]),
    );
  });

  test(`${name}: custody is noted, and a report whose seal was lost waits again`, async (t) => {
    const ledger = await open(t);
    await ledger.putReport(reportRow);
    const sealed = { ...reportRow, packId: packId(60), state: 'sealed' as const };
    await ledger.putReport(sealed);
    const subject = `${reportRow.reportId}/1`;
    await ledger.putOutgoing({ ...receiptOf(60, 0), kind: 'report', subject });
    await ledger.markCustody([packId(60)]);
    assert.equal((await ledger.outgoing())[0]?.state, 'custody');
    await ledger.dropOutgoing([packId(60)]);
    assert.equal((await ledger.openReports())[0]?.state, 'waiting');
    await ledger.putReport({ ...sealed, state: 'acknowledged' });
    assert.deepEqual(await ledger.openReports(), []);
    assert.equal((await ledger.findReport(reportRow.reportId, 1))?.state, 'acknowledged');
    assert.equal((await ledger.reports('2.25.1')).length, 1);
  });
}
