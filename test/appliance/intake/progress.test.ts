import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currentReport, studyRow } from '#appliance/intake/progress.ts';
import { stepsOf } from '#appliance/intake/steps.ts';
import type { AgentState } from '#sync/wire/agent-state.ts';
import { reportRecord, studyRecord } from '#test/support/study-records.ts';

const quiet = { isReceiving: () => false, agent: undefined };
const packed = studyRecord({
  counts: { packed: 4 },
  isListed: true,
  openPacks: [
    { packId: 'a'.repeat(64), sizeBytes: 600 },
    { packId: 'b'.repeat(64), sizeBytes: 400 },
  ],
});

test('a study that still arrives is receiving, whatever was sent of it', () => {
  assert.equal(studyRow(packed, { ...quiet, isReceiving: () => true }).state, 'receiving');
});

test('nothing sent is waiting; the first confirmed byte makes it sending', () => {
  assert.equal(studyRow(packed, quiet).state, 'waiting');
  const row = studyRow(packed, { ...quiet, agent: agentState({ ['a'.repeat(64)]: 500 }) });
  assert.equal(row.state, 'sending');
  assert.equal(row.sentPercent, 50);
  assert.equal(row.secondsLeft, 5);
});

test('time left is unknown while the link is down', () => {
  const agent = { ...agentState({ ['a'.repeat(64)]: 500 }), link: 'down' as const };
  assert.equal(studyRow(packed, { ...quiet, agent }).secondsLeft, null);
});

test('what is not sealed yet counts as not sent', () => {
  const record = studyRecord({ counts: { stored: 1 }, custodyBytes: 500, unsealedBytes: 500 });
  assert.equal(studyRow(record, quiet).sentPercent, 50);
});

test('at the center means every pack and the whole list, not only what is sealed so far', () => {
  const record = { counts: { packed: 4 }, custodyBytes: 1_000, lastCustodyAtMs: 1 };
  assert.equal(studyRow(studyRecord({ ...record, isListed: false }), quiet).state, 'sending');
  assert.equal(studyRow(studyRecord({ ...record, isListed: true }), quiet).state, 'at center');
});

test('delivered means a receipt for every instance', () => {
  const record = { custodyBytes: 1_000, isListed: true, deliveredAtMs: 5 };
  const partly = studyRecord({ ...record, counts: { packed: 1, delivered: 3 } });
  assert.equal(studyRow(partly, quiet).state, 'at center');
  const wholly = studyRow(studyRecord({ ...record, counts: { delivered: 4 } }), quiet);
  assert.equal(wholly.state, 'delivered');
  assert.equal(wholly.stateAt, '1970-01-01T00:00:00.005Z');
  assert.equal(wholly.sentPercent, 100);
});

test('a report shows although images still arrive', () => {
  const record = studyRecord({ counts: { stored: 1 }, reports: [reportRecord()] });
  assert.equal(studyRow(record, { ...quiet, isReceiving: () => true }).state, 'report ready');
});

test('trouble comes before everything else, and says what to do', () => {
  const trouble = [
    studyRecord({ isIdentified: false }),
    studyRecord({ counts: { conflict: 1, delivered: 3 }, reports: [reportRecord()] }),
    studyRecord({ counts: { damaged: 2 } }),
    studyRecord({
      reports: [reportRecord({ refusal: { kind: 'report/other-patient', message: 'No' } })],
    }),
  ];
  for (const record of trouble) {
    const row = studyRow(record, quiet);
    assert.equal(row.state, 'needs help');
    assert.ok(row.help?.message && row.help.next && row.help.code);
  }
});

test('an old version of a report needs nobody', () => {
  const old = reportRecord({ refusal: { kind: 'report/old-version', message: 'Old' } });
  const record = studyRecord({ counts: { delivered: 4 }, deliveredAtMs: 1, reports: [old] });
  assert.equal(studyRow(record, quiet).state, 'delivered');
});

test('a study is critical by the report that counts for it alone', () => {
  const red = reportRecord({ critical: { code: 'RED', text: 'Bleeding' } });
  const isCritical = (...reports: ReturnType<typeof reportRecord>[]) =>
    studyRow(studyRecord({ counts: { delivered: 4 }, deliveredAtMs: 1, reports }), quiet)
      .isCritical;
  assert.equal(isCritical(red), true);
  assert.equal(isCritical(red, reportRecord({ version: 2, atMs: 9 })), undefined);
  const refusal = { kind: 'report/other-patient', message: 'No' };
  assert.equal(isCritical({ ...red, refusal }), undefined);
});

test('a withdrawn report is no report', () => {
  const reports = [reportRecord(), reportRecord({ version: 2, status: 'withdrawn', atMs: 9 })];
  assert.equal(currentReport(reports), undefined);
});

test('the images say when they were taken, else the arrival does', () => {
  const { takenAt } = studyRow(
    studyRecord({ studyDate: '20261124', studyTime: '180259.123' }),
    quiet,
  );
  assert.equal(takenAt, '2026-11-24T18:02:59');
  for (const studyDate of ['', '20261399', 'yesterday']) {
    const row = studyRow(studyRecord({ studyDate, firstArrivedAtMs: 7 }), quiet);
    assert.equal(row.takenAt, '1970-01-01T00:00:00.007Z');
  }
});

test('the steps of a study are in the order of time and end with what comes next', () => {
  const record = studyRecord({
    counts: { packed: 4 },
    isListed: true,
    lastArrivedAtMs: 2_000,
    firstSealedAtMs: 1_000,
    lastCustodyAtMs: 3_000,
    custodyBytes: 1,
  });
  const steps = stepsOf(record, studyRow(record, quiet), 9_000);
  assert.deepEqual(
    steps.map(({ glyph, text }) => `${glyph} ${text}`),
    [
      'ok Sealed for the reading center (only the center can open it)',
      'ok Received from CT1, 4 images',
      'ok All packs are at the relay',
      '>> Waiting for the receipt of the center',
    ],
  );
});

function agentState(offsets: Readonly<Record<string, number>>): AgentState {
  const lastContactAt = null;
  return { format: 1, link: 'up', rateBytesPerS: 100, lastContactAt, offsets, faults: [] };
}

test('a study that only a supervisor may send again needs help, and says the command', () => {
  const refusedResends = new Set([packed.studyInstanceUid]);
  const row = studyRow(packed, { ...quiet, refusedResends });
  assert.equal(row.state, 'needs help');
  assert.equal(row.help?.code, 'RESEND-LIMIT');
  assert.match(row.help?.message ?? '', new RegExp(`study resend ${packed.studyInstanceUid} --by`));
  assert.ok((row.help?.message.length ?? 0) + 64 < 200, 'a longest UID fits the screen');
  const other = studyRow(packed, { ...quiet, refusedResends: new Set(['1.2.3']) });
  assert.equal(other.state, 'waiting');
});
