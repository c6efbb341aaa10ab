import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { test } from 'node:test';
import type { BoxFact } from '#appliance/store/facts.ts';
import { expectOk } from '#sync/core/result.ts';
import { hasAttribute, numberOf, textOf } from '#sync/dicom/dataset-text.ts';
import type { InstanceAttributes } from '#sync/dicom/types.ts';
import { dimseStatus } from '#sync/dimse/command.ts';
import {
  answersOf,
  type Keys,
  openQueryWorld,
  patientRootFind,
  requestOf,
  studyRootFind,
} from '#test/support/query-world.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';
import { type SyntheticInstance, syntheticObject } from '#test/support/synthetic-dataset.ts';

const ct = syntheticStudy({ seed: 1, slices: 3, rows: 16, patientName: 'TEST^ALPHA' });
const cr = syntheticStudy({
  ...{ seed: 2, slices: 1, rows: 16, patientName: 'TEST^BRAVO', modality: 'CR' },
});
const study = ct[0]?.attributes.studyInstanceUid ?? '';
const series = ct[0]?.attributes.seriesInstanceUid ?? '';

type World = Awaited<ReturnType<typeof openQueryWorld>>;
const askStudies = (world: World, keys: Keys, root = studyRootFind) =>
  answersOf(world.findService(), requestOf(root, { QueryRetrieveLevel: 'STUDY', ...keys }));

test('studies are found by each of their keys, with what was asked for', async (t) => {
  const world = await openQueryWorld(t);
  await world.add(...ct, ...cr);
  const asked: Keys = {
    ...{ PatientName: '', StudyInstanceUID: '', StudyID: '', ModalitiesInStudy: '' },
    ...{ NumberOfStudyRelatedSeries: '', NumberOfStudyRelatedInstances: '' },
    SOPClassesInStudy: '',
  };
  const all = await askStudies(world, asked);
  assert.deepEqual(all.texts('PatientName'), ['TEST^BRAVO', 'TEST^ALPHA'], 'newest first');
  assert.deepEqual(all.texts('ModalitiesInStudy'), ['CR', 'CT']);
  assert.deepEqual(all.texts('NumberOfStudyRelatedInstances'), ['1', '3']);
  assert.deepEqual(all.texts('NumberOfStudyRelatedSeries'), ['1', '1']);
  assert.deepEqual(all.texts('SOPClassesInStudy'), [cr[0]?.sopClassUid, ct[0]?.sopClassUid]);
  assert.deepEqual(all.texts('StudyID'), ['1', '1'], 'read from the head of an instance');
  assert.deepEqual(all.texts('RetrieveAETitle'), ['OUTPOST', 'OUTPOST']);
  assert.deepEqual(all.texts('QueryRetrieveLevel'), ['STUDY', 'STUDY']);
  assert.deepEqual(all.texts('InstanceAvailability'), ['ONLINE', 'ONLINE']);
  assert.deepEqual(
    all.answers.map(({ status }) => status),
    [0xff00, 0xff00, 0],
  );
  const alpha: readonly Keys[] = [
    { PatientName: 'test^alpha' },
    { PatientName: '*ALPH?' },
    { PatientID: 'DEMO-0000001' },
    { PatientID: '*1' },
    { AccessionNumber: 'A000000001' },
    { StudyInstanceUID: `${study}\\1.2.3` },
    { ModalitiesInStudy: 'MR\\CT' },
    { StudyDescription: '*head CT' },
  ];
  for (const keys of alpha) {
    const found = await askStudies(world, { PatientName: '', ...keys });
    assert.deepEqual(found.texts('PatientName'), ['TEST^ALPHA'], JSON.stringify(keys));
  }
  for (const StudyDate of ['20260105', '20260101-', '-20260105', '20260104-20260106']) {
    assert.equal((await askStudies(world, { StudyDate })).datasets.length, 2, StudyDate);
  }
  const none: readonly Keys[] = [
    { StudyDate: '20260106-' },
    { StudyDate: '-20260104' },
    { PatientID: 'demo-0000001' },
    { StudyTime: '09-10' },
    { StudyID: '2' },
    { ReferringPhysicianName: 'A' },
  ];
  for (const keys of none) {
    const found = await askStudies(world, keys);
    assert.equal(found.datasets.length, 0, JSON.stringify(keys));
    assert.equal(found.last?.status, 0);
  }
});

test('patients, series and images have their levels, and the images are read when more is asked', async (t) => {
  const world = await openQueryWorld(t);
  await world.add(...ct, ...cr);
  const find = (root: string, keys: Keys) => answersOf(world.findService(), requestOf(root, keys));
  const patients = await find(patientRootFind, {
    ...{ QueryRetrieveLevel: 'PATIENT', PatientName: '*', PatientID: '' },
    ...{ NumberOfPatientRelatedStudies: '', NumberOfPatientRelatedInstances: '' },
  });
  assert.deepEqual(patients.texts('PatientID'), ['DEMO-0000001', 'DEMO-0000002']);
  assert.deepEqual(patients.texts('NumberOfPatientRelatedStudies'), ['1', '1']);
  assert.deepEqual(patients.texts('NumberOfPatientRelatedInstances'), ['3', '1']);
  const found = await find(studyRootFind, {
    ...{ QueryRetrieveLevel: 'SERIES', StudyInstanceUID: study, Modality: 'CT' },
    ...{ SeriesNumber: '01', ProtocolName: '', NumberOfSeriesRelatedInstances: '' },
  });
  assert.deepEqual(found.texts('SeriesInstanceUID'), [series]);
  assert.deepEqual(found.texts('ProtocolName'), ['HEAD ROUTINE']);
  assert.deepEqual(found.texts('NumberOfSeriesRelatedInstances'), ['3']);
  const images = await find(patientRootFind, {
    ...{ QueryRetrieveLevel: 'IMAGE', PatientID: 'DEMO-0000001', StudyInstanceUID: study },
    ...{ SeriesInstanceUID: series, InstanceNumber: '2', Rows: '' },
  });
  assert.deepEqual(images.texts('SOPInstanceUID'), [ct[1]?.sopInstanceUid]);
  assert.deepEqual(
    images.datasets.map((dataset) => numberOf(dataset, 'Rows')),
    [16],
  );
  const other = await find(patientRootFind, {
    ...{ QueryRetrieveLevel: 'IMAGE', PatientID: 'DEMO-0000002', StudyInstanceUID: study },
    ...{ SeriesInstanceUID: series, SOPInstanceUID: '' },
  });
  assert.equal(other.datasets.length, 0, 'the study is of another patient');
});

test('what an older catalog does not tell is read behind the start, and is there from then on', async (t) => {
  const world = await openQueryWorld(t);
  for (const instance of [...ct, ...cr]) await world.addFile(instance);
  const { queries } = world.folder;
  assert.equal((await queries.undescribed(50)).length, 2, 'one instance of each series');
  assert.deepEqual((await askStudies(world, { StudyID: '' })).texts('StudyID'), ['', '']);
  await world.add();
  assert.deepEqual(await queries.undescribed(50), []);
  assert.deepEqual((await askStudies(world, { StudyID: '1' })).texts('StudyID'), ['1', '1']);
});

test('unsupported keys do not come back, and the status says so', async (t) => {
  const world = await openQueryWorld(t);
  await world.add(...cr);
  const { answers, datasets } = await askStudies(world, {
    ...{ PatientName: '', Rows: '', SmokingStatus: 'NO' },
  });
  assert.deepEqual(
    answers.map(({ status }) => status),
    [dimseStatus.pendingUnmatched, 0],
  );
  const [dataset] = datasets;
  assert.ok(dataset);
  assert.equal(hasAttribute(dataset, 'SmokingStatus') || hasAttribute(dataset, 'Rows'), false);
  assert.equal(hasAttribute(dataset, 'PatientName'), true);
});

test('what is held, purged or without identity is not answered', async (t) => {
  const world = await openQueryWorld(t);
  const twin = changed(ct[0], { studyDescription: 'another object under the same UID' });
  const nameless = changed(cr[0], { studyInstanceUid: undefined });
  await world.add(...ct, twin, nameless);
  const found = await askStudies(world, {
    ...{ NumberOfStudyRelatedInstances: '', StudyDescription: '' },
  });
  assert.deepEqual(found.texts('NumberOfStudyRelatedInstances'), ['3']);
  assert.deepEqual(found.texts('StudyDescription'), ['Synthetic head CT']);
  const facts = ct.map(({ sopInstanceUid, datasetSha256 }, index) => {
    const { segment = '', recordOffset = 0 } = world.places[index] ?? {};
    const instance = { sopInstanceUid, datasetSha256, segment, recordOffset };
    return { fact: 'damaged', atMs: 1, ...instance } as const;
  });
  expectOk(await world.folder.catalog.apply(facts, { file: 'facts', offset: 1 }));
  assert.equal((await askStudies(world, {})).datasets.length, 0, 'every one is damaged');
});

test('a study from a medium is not found under an ID of another house', async (t) => {
  const world = await openQueryWorld(t);
  const [one] = cr;
  assert.ok(one);
  await world.addFile(one);
  const { studyInstanceUid = '', patientId } = one.attributes;
  const apply = async (fact: BoxFact, offset: number): Promise<void> => {
    expectOk(await world.folder.catalog.apply([fact], { file: 'facts', offset }));
  };
  assert.equal((await askStudies(world, {})).datasets.length, 1);
  await apply({ fact: 'outside', atMs: 1, study: studyInstanceUid }, 1);
  assert.equal((await askStudies(world, {})).datasets.length, 0, 'nobody said whose it is');
  const patient = { id: 'P7', issuer: '', name: 'TEST^ALPHA', birthDate: '', sex: '' };
  await apply({ fact: 'assigned', atMs: 2, by: 'A', study: studyInstanceUid, patient }, 2);
  const found = await askStudies(world, { PatientID: 'P7', PatientName: '' });
  assert.deepEqual(found.texts('PatientName'), ['TEST^ALPHA']);
  assert.equal((await askStudies(world, { PatientID: patientId })).datasets.length, 0);
});

test('more matches than the limit: the last answer says that there are more', async (t) => {
  const world = await openQueryWorld(t);
  await world.add(...ct, ...cr);
  const request = requestOf(studyRootFind, { QueryRetrieveLevel: 'STUDY' });
  const { answers, last } = await answersOf(world.findService(1), request);
  assert.equal(answers.length, 2);
  assert.equal(last?.status, dimseStatus.outOfResources);
  assert.match(last?.comment ?? '', /narrow/);
  assert.equal((await answersOf(world.findService(2), request)).last?.status, 0);
});

test('nobody looks without permission, nor more than a few at a time, and a cancel is answered', async (t) => {
  const world = await openQueryWorld(t);
  await world.add(...cr);
  const service = world.findService();
  const request = requestOf(studyRootFind, { QueryRetrieveLevel: 'STUDY' });
  const modality = { ...request.caller, callingAeTitle: 'CT1' };
  const refused = await answersOf(service, { ...request, caller: modality });
  assert.deepEqual([refused.answers.length, refused.last?.status], [1, dimseStatus.notAuthorized]);
  const open = [request, request].map((one) => service.serve(one)[Symbol.asyncIterator]());
  for (const one of open) assert.equal((await one.next()).value?.status, 0xff00);
  assert.equal((await answersOf(service, request)).last?.status, dimseStatus.outOfResources);
  for (const one of open) await one.return?.();
  assert.equal((await answersOf(service, request)).last?.status, 0);
  const cancel = new AbortController();
  cancel.abort();
  const cancelled = await answersOf(service, { ...request, signal: cancel.signal });
  assert.deepEqual([cancelled.answers.length, cancelled.last?.status], [1, dimseStatus.cancelled]);
});

test('text goes out in the set of the asker where it can, else in one that has all of it', async (t) => {
  const world = await openQueryWorld(t);
  const named = changed(cr[0], { patientName: 'M1LLER^2L' });
  const at = Buffer.from(named.part10.buffer).indexOf('M1LLER^2L');
  named.part10[at + 1] = 0xdc;
  named.part10[at + 7] = 0xc9;
  await world.add(named);
  const sets: readonly (readonly [string, string])[] = [
    ['', 'ISO_IR 100'],
    ['ISO_IR 100', 'ISO_IR 100'],
    ['ISO_IR 101', 'ISO_IR 101'],
    ['ISO_IR 144', 'ISO_IR 100'],
    ['\\ISO 2022 IR 87', 'ISO_IR 100'],
  ];
  for (const [SpecificCharacterSet, answered] of sets) {
    const { datasets, texts } = await askStudies(world, {
      ...{ SpecificCharacterSet, PatientName: 'muller*' },
    });
    assert.deepEqual(texts('PatientName'), ['MÜLLER^ÉL'], SpecificCharacterSet);
    assert.equal(datasets[0] && textOf(datasets[0], 'SpecificCharacterSet'), answered);
  }
});

function changed(instance: SyntheticInstance | undefined, change: Partial<InstanceAttributes>) {
  assert.ok(instance);
  return syntheticObject({ ...instance.attributes, ...change }, []);
}
