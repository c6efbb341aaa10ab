import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReadBeforeLastImages, judgeReport, type LocalStudy } from '#sync/letters/report.ts';
import { digest, report, study } from './samples.ts';

const local: LocalStudy = {
  studyInstanceUid: study,
  patient: report.meta.patient,
  isSealedToSigner: true,
  manifests: [digest('older'), digest('manifest')],
  known: undefined,
};

function judged(meta: object = {}, here: Partial<LocalStudy> = {}) {
  const judgement = judgeReport({ ...report.meta, ...meta }, { ...local, ...here });
  return judgement === 'show' ? judgement : judgement.refusal.kind;
}

const known = { version: 1, packIds: [digest('r1'), digest('r1 sealed again')] };

test('the report of a study that this box sealed to this center is shown', () => {
  assert.equal(judged(), 'show');
});

test('a report of an unknown or another study is not shown', () => {
  const none = judgeReport(report.meta, undefined);
  assert.equal(none === 'show' ? none : none.refusal.kind, 'report/unknown-study');
  assert.equal(judged({}, { studyInstanceUid: '2.25.9' }), 'report/unknown-study');
});

test('a report of a center that was not asked is not shown', () => {
  assert.equal(judged({}, { isSealedToSigner: false }), 'report/other-center');
});

test('a report about images this box did not send is not shown', () => {
  assert.equal(judged({ manifest: digest('foreign') }), 'report/unknown-manifest');
});

test('a report of another patient is not shown, whatever differs', () => {
  for (const field of ['id', 'birth', 'sex'] as const) {
    const patient = { ...report.meta.patient, [field]: 'X' };
    assert.equal(judged({ patient }), 'report/other-patient');
  }
});

test('a higher version that supersedes any pack of the known one is shown', () => {
  for (const supersedes of known.packIds) {
    assert.equal(judged({ version: 2, supersedes }, { known }), 'show');
  }
});

test('an equal or lower version is not shown again', () => {
  const supersedes = known.packIds[0];
  assert.equal(judged({ version: 1, supersedes }, { known }), 'report/old-version');
});

test('a version whose forerunner has not come waits for it', () => {
  const gaps = [
    judgeReport({ ...report.meta, version: 3, supersedes: digest('r2') }, { ...local, known }),
    judgeReport({ ...report.meta, version: 2, supersedes: null }, { ...local, known }),
    judgeReport({ ...report.meta, version: 2, supersedes: digest('r1') }, local),
  ];
  for (const gap of gaps) {
    assert.ok(gap !== 'show');
    assert.equal(gap.refusal.kind, 'report/missing-version');
    assert.equal(gap.refusal.retry, 'later');
  }
});

test('a report that was read before the last images came says so', () => {
  assert.equal(isReadBeforeLastImages(report.meta, local), false);
  const more = [...local.manifests, digest('newest')];
  assert.equal(isReadBeforeLastImages(report.meta, { ...local, manifests: more }), true);
});

test('a refusal never names the patient', () => {
  const patient = { id: 'SECRET-1', birth: '19991231', sex: 'F' };
  const judgement = judgeReport({ ...report.meta, patient }, local);
  assert.ok(judgement !== 'show');
  assert.doesNotMatch(JSON.stringify(judgement), /SECRET|1999|DEMO/);
});
