import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strayDetail, strayRow, strayStudies } from '#appliance/intake/stray-reports.ts';
import { reportRecord } from '#test/support/study-records.ts';

const patient = { id: 'P1', birth: '19700101', sex: 'F' };

test('a center that names studies at random hides none of the newest', () => {
  const reports = Array.from({ length: 250 }, (_, n) =>
    reportRecord({ study: `2.25.${n % 125}`, atMs: n }),
  );
  const studies = strayStudies(reports);
  assert.equal(studies.size, 100);
  assert.deepEqual([...studies.keys()].slice(0, 2), ['2.25.124', '2.25.123']);
  assert.ok(!studies.has('2.25.24') && studies.has('2.25.25'));
  assert.deepEqual(
    studies.get('2.25.124')?.map(({ atMs }) => atMs),
    [249, 124],
  );
});

test('the row says only what the report says, and that is shown harmless', () => {
  const row = strayRow('2.25.1', [
    reportRecord({ atMs: 2_000, patient: { ...patient, id: 'P\u001b[2J1' } }),
    reportRecord({ atMs: 1_000, patient }),
  ]);
  assert.equal(row.isNotHere, true);
  assert.equal(row.patientName, '');
  assert.equal(row.takenAt, '1970-01-01T00:00:02.000Z');
  assert.equal(row.help?.code, 'REPORT-UNKNOWN-STUDY');
  assert.ok(!row.help?.message.includes('\u001b'));
  assert.match(strayRow('2.25.1', [reportRecord({})]).help?.message ?? '', /patient ID unknown/);
});

test('its steps are its reports, oldest first', () => {
  const reports = [reportRecord({ atMs: 2, version: 2 }), reportRecord({ atMs: 1, version: 1 })];
  const { steps, studyInstanceUid } = strayDetail('2.25.1', reports, []);
  assert.equal(studyInstanceUid, '2.25.1');
  assert.deepEqual(
    steps.map(({ text }) => /version (\d)/.exec(text)?.[1]),
    ['1', '2'],
  );
});
