import assert from 'node:assert/strict';
import { test } from 'node:test';
import { strayRow, strayStudies } from '#appliance/intake/stray-reports.ts';
import { openBoxWorld } from '#test/support/box-world.ts';
import { reportFor, slices, studyUidOf } from '#test/support/road.ts';

test('a report for a study that is not on this box is seen, over a restart, until the study is here', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(2);
  await world.bring('report', reportFor(study, '0'.repeat(64)));
  await world.takeIn();
  await world.stop();
  await world.start();
  const reports = await world.folder().catalog.strayReports();
  const [[uid, own] = ['', []], ...more] = strayStudies(reports);
  assert.equal(more.length, 0);
  assert.equal(uid, studyUidOf(study));
  const row = strayRow(uid, own);
  assert.equal(row.patientId, study[0]?.attributes.patientId);
  assert.equal(row.patientBirthDate, study[0]?.attributes.patientBirthDate);
  assert.equal(row.state, 'needs help');
  assert.deepEqual(await world.folder().catalog.studies(), []);

  await world.receive(study);
  assert.deepEqual(await world.folder().catalog.strayReports(), []);
  const [record] = await world.folder().catalog.studies();
  assert.equal(record?.reports[0]?.refusal?.kind, 'report/unknown-study', 'its row has it now');
});

test('a report whose study is here says nothing of the patient that the box does not know', async (t) => {
  const world = await openBoxWorld(t);
  const study = slices(2);
  await world.receive(study);
  await world.bring('report', reportFor(study, '0'.repeat(64)));
  await world.takeIn();
  assert.deepEqual(await world.folder().catalog.strayReports(), []);
  const [record] = await world.folder().catalog.studies();
  assert.equal(record?.reports[0]?.patient, undefined);
});
