import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { BoxFact } from '#appliance/store/facts.ts';
import type { InstanceAttributes } from '#sync/dicom/types.ts';
import { attributes, entryOf, openEmptyCatalog, study } from '#test/support/catalog-entries.ts';

/** An object that no device sent. */
const fromMedium = { callingAeTitle: '' };
const by = 'NURSE DEMO';
const patient = {
  ...{ id: 'DEMO-77', issuer: 'DEMO CLINIC', name: 'TEST^BRAVO' },
  ...{ birthDate: '19800101', sex: 'F' },
};
const assigned: BoxFact = { fact: 'assigned', atMs: 50, study, by, patient };
const outside: BoxFact = { fact: 'outside', atMs: 40, study };
const released: BoxFact = { fact: 'released', atMs: 60, study, by };

test('a study whose images name no patient is kept and not sealed, until a person says whose it is', async (t) => {
  const box = await createBox(t);
  await box.add(entryOf(1, { patientId: '' }), entryOf(2, { patientId: '' }));
  assert.deepEqual(await box.sealing(), []);
  assert.equal((await box.record()).isIdentified, false);
  await box.apply(assigned);
  assert.deepEqual(await box.sealing(), [study]);
  const header = await box.catalog.studyHeader(study);
  assert.equal(header?.patientId, 'DEMO-77');
  assert.equal(header?.patientName, 'TEST^BRAVO');
  assert.deepEqual((await box.record()).assigned, { by, atMs: 50 });
});

test('what a person said stays, whatever images come later, and after a rebuild in any order', async (t) => {
  const entries = [entryOf(1, { patientId: '' }), entryOf(2, { patientId: 'OTHER' })];
  const live = await createBox(t);
  await live.add(...entries.slice(0, 1));
  await live.apply(assigned);
  await live.add(...entries.slice(1));
  const rebuilt = await createBox(t);
  await rebuilt.apply(assigned);
  await rebuilt.add(...entries.toReversed());
  for (const box of [live, rebuilt]) assert.equal((await box.record()).patientId, 'DEMO-77');
  assert.deepEqual(await rebuilt.record(), await live.record());
});

test('one image with a Patient ID speaks for its study, whichever came first', async (t) => {
  const entries = [entryOf(1, { patientId: '' }), entryOf(2, { patientId: 'DEMO-1' }), entryOf(3)];
  for (const order of [entries, entries.toReversed()]) {
    const box = await createBox(t);
    for (const each of order) await box.add(each);
    const record = await box.record();
    assert.equal(record.patientId, 'DEMO-1');
    assert.equal(record.isIdentified, true);
    assert.equal(record.firstArrivedAtMs, 1);
  }
});

test('an outside study is not sealed until it is asked for', async (t) => {
  const box = await createBox(t);
  await box.apply(outside);
  await box.add(entryOf(1, {}, fromMedium));
  assert.deepEqual(await box.sealing(), []);
  assert.equal((await box.record()).isIdentified, false, 'its Patient ID may be another one here');
  assert.deepEqual((await box.record()).outside, { markedAtMs: 40, releasedAtMs: null });
  assert.deepEqual(
    await box.catalog.patientsOf(attributes.patientId),
    [],
    'it is no local patient',
  );
  await box.apply(assigned);
  assert.equal((await box.record()).isIdentified, true);
  assert.deepEqual(await box.sealing(), [], 'a patient alone sends nothing');
  await box.apply(released);
  assert.deepEqual(await box.sealing(), [study]);
  await box.apply(outside, assigned, released);
  assert.deepEqual((await box.record()).outside, { markedAtMs: 40, releasedAtMs: 60 });
});

test('images that a device of the clinic sends are sent, also of a study that came on a disc', async (t) => {
  const box = await createBox(t);
  await box.apply(outside);
  await box.add(entryOf(1, {}, fromMedium), entryOf(2));
  assert.deepEqual(await box.sealing(), [study]);
  assert.equal((await box.record()).isIdentified, true);
  assert.equal((await box.catalog.patientsOf(attributes.patientId)).length, 1);
});

test('images without a legal study number are apart by series, under a number that can travel', async (t) => {
  const box = await createBox(t);
  const [one, other] = ['2.25.71', '2.25.72'] as InstanceAttributes['seriesInstanceUid'][];
  await box.add(
    entryOf(1, { studyInstanceUid: undefined, seriesInstanceUid: one }),
    entryOf(2, { studyInstanceUid: undefined, seriesInstanceUid: one }),
    entryOf(3, { studyInstanceUid: undefined, seriesInstanceUid: other }),
    entryOf(4, { studyInstanceUid: undefined, seriesInstanceUid: undefined }),
    entryOf(5, { studyInstanceUid: undefined, seriesInstanceUid: undefined }),
  );
  const records = await box.catalog.studies();
  assert.deepEqual(records.map(({ counts }) => counts.stored).sort(), [1, 1, 1, 2]);
  for (const { studyInstanceUid } of records) assert.match(studyInstanceUid, /^2\.25\.\d{30,39}$/);
  assert.deepEqual(await box.sealing(), []);
});

test('a study with one lossy image says so', async (t) => {
  const box = await createBox(t);
  await box.add(entryOf(1));
  assert.equal((await box.record()).isLossy, false);
  await box.add(entryOf(2, { isLossy: true }));
  assert.equal((await box.record()).isLossy, true);
});

async function createBox(t: TestContext) {
  const { catalog, add, apply } = await openEmptyCatalog(t);
  return {
    ...{ catalog, add, apply },
    sealing: async () => (await catalog.sealingStudies()).map((each) => each.study),
    record: async () => {
      const [record] = await catalog.studies(study);
      assert.ok(record);
      return record;
    },
  };
}
