import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Ledger } from '#sync/center/ports-ledger.ts';
import type { InstanceFacts, LedgerEntry, OutgoingRow, ReportRow } from '#sync/center/rows.ts';

const packId = (n: number): string => n.toString(16).padStart(64, '0');
const at = '2026-01-15T12:00:00.000Z';

const packOf = (n: number) => ({
  packId: packId(n),
  kind: 'data' as const,
  signer: 'aa'.repeat(32),
  uid: n.toString(16).padStart(32, '0'),
  stream: 'bb'.repeat(16),
  sequence: String(n),
  takenAt: at,
});

const instance = (
  uid: string,
  digest: string,
  more: Partial<InstanceFacts> = {},
): InstanceFacts => ({
  sopInstanceUid: uid,
  datasetSha256: digest.repeat(64).slice(0, 64),
  studyInstanceUid: '2.25.1',
  seriesInstanceUid: '2.25.2',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  sizeBytes: 1_000,
  instanceNumber: 1,
  enteredAs: 'planned',
  ...more,
});

const studyOf = (uid: string, firstAt = at) => ({
  studyInstanceUid: uid,
  box: 'aa'.repeat(32),
  site: 'CM-BAF-01',
  group: 'cc'.repeat(16),
  firstAt,
});

function entryOf(n: number, instances: readonly InstanceFacts[], uid = '2.25.1'): LedgerEntry {
  return { pack: packOf(n), study: studyOf(uid), instances };
}

function manifestEntry(
  n: number,
  version: number,
  list: readonly InstanceFacts[] | undefined,
  more: { readonly study?: string; readonly isStat?: boolean; readonly accession?: string } = {},
): LedgerEntry {
  const study = more.study ?? '2.25.1';
  return {
    pack: { ...packOf(n), kind: 'manifest' },
    study: studyOf(study),
    instances: [],
    manifest: {
      packId: packId(n),
      studyInstanceUid: study,
      version,
      isStat: more.isStat ?? false,
      accessionNumber: more.accession ?? 'A1',
      modality: 'CT',
      instanceCount: list?.length ?? 0,
      patient: { id: 'P1', birth: '19700101', sex: 'O' },
      hasList: list !== undefined,
    },
    ...(list && { list }),
  };
}

const receiptOf = (n: number, manifest: number): OutgoingRow => ({
  packId: packId(n),
  kind: 'receipt',
  subject: packId(manifest),
  studyInstanceUid: '2.25.1',
  class: 1,
  group: 'cc'.repeat(16),
  sizeBytes: 4_000,
  state: 'sealed',
  sealedAt: at,
});

const reportRow: ReportRow = {
  reportId: 'dd'.repeat(16),
  version: 1,
  studyInstanceUid: '2.25.1',
  registerNo: 'R-1',
  status: 'final',
  isCritical: false,
  sourceSha256: 'ee'.repeat(32),
  documentSha256: 'ff'.repeat(32),
  packId: null,
  state: 'waiting',
};

/** What every ledger does; `name` says which one failed. */
export function ledgerContract(name: string, open: (t: TestContext) => Promise<Ledger>): void {
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
