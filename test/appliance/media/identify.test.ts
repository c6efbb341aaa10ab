import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Assignment, assign, release } from '#appliance/media/identify.ts';
import type { StudyHeader } from '#appliance/ports-studies.ts';
import { studyRecord } from '#test/support/study-records.ts';

const by = 'NURSE DEMO';
const unknown = studyRecord({ studyInstanceUid: '2.25.9', patientId: '', isIdentified: false });
const medium = studyRecord({
  studyInstanceUid: '2.25.8',
  patientId: 'THEIRS-1',
  outside: { markedAtMs: 1, releasedAtMs: null },
  isFromDevice: false,
});
const alpha: StudyHeader = studyRecord();

const refusalOf = (
  study: Parameters<typeof assign>[0],
  known: readonly StudyHeader[],
  said: Partial<Assignment> = {},
) => {
  const fact = assign(study, known, { by, patientId: 'DEMO-1', ...said }, 7);
  return fact.ok ? fact.value.patient : fact.fault.kind;
};

test('a study is given to the patient who has the ID here, as they are written here', () => {
  const patient = { id: 'DEMO-1', issuer: '', name: 'TEST^ALPHA', birthDate: '19700101', sex: 'O' };
  assert.deepEqual(refusalOf(unknown, [alpha]), patient);
  assert.deepEqual(refusalOf(medium, [alpha], { patientName: 'Test Alpha' }), patient);
  const fact = assign(unknown, [alpha], { by, patientId: 'DEMO-1' }, 7);
  assert.deepEqual(fact.ok && { ...fact.value, patient: undefined }, {
    ...{ fact: 'assigned', atMs: 7, study: '2.25.9', by, patient: undefined },
  });
});

test('an ID that nobody has here needs a name', () => {
  assert.equal(refusalOf(unknown, []), 'identity/unknown-patient');
  assert.deepEqual(refusalOf(unknown, [], { patientName: 'TEST^BRAVO', patientSex: 'F' }), {
    ...{ id: 'DEMO-1', issuer: '', name: 'TEST^BRAVO', birthDate: '', sex: 'F' },
  });
  assert.equal(
    refusalOf(unknown, [{ ...alpha, studyInstanceUid: '2.25.9' }]),
    'identity/unknown-patient',
  );
});

test("an ID that is somebody else's, or two people's, is refused", () => {
  assert.equal(
    refusalOf(unknown, [alpha], { patientName: 'TEST^BRAVO' }),
    'identity/other-patient',
  );
  const bravo = { ...alpha, patientName: 'TEST^BRAVO', issuerOfPatientId: 'OTHER' };
  assert.equal(refusalOf(unknown, [alpha, bravo]), 'identity/ambiguous');
  assert.ok(typeof refusalOf(unknown, [alpha, bravo], { issuerOfPatientId: 'OTHER' }) === 'object');
});

test('a study that says whose it is, or that left under a name, is not given to another', () => {
  assert.equal(refusalOf(undefined, []), 'identity/no-study');
  assert.equal(refusalOf(studyRecord(), [alpha]), 'identity/already');
  assert.equal(refusalOf({ ...unknown, firstSealedAtMs: 5 }, [alpha]), 'identity/sealed');
  const again = { ...unknown, isIdentified: true, assigned: { by, atMs: 3 } };
  assert.ok(
    typeof refusalOf(again, [alpha]) === 'object',
    'a mistake can be mended before it left',
  );
});

test('an outside study is sent only when it is bound, and nothing else is', () => {
  const kindOf = (study: Parameters<typeof release>[0]) => {
    const fact = release(study, by, 8);
    return fact.ok ? fact.value.fact : fact.fault.kind;
  };
  assert.equal(kindOf(medium), 'identity/unknown-patient');
  assert.equal(kindOf({ ...medium, assigned: { by, atMs: 3 } }), 'released');
  assert.equal(kindOf(studyRecord()), 'identity/no-study');
  assert.equal(kindOf(undefined), 'identity/no-study');
});
