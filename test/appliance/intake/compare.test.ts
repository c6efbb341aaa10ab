import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createComparer, isSameIdentity } from '#appliance/intake/compare.ts';
import { studyRow } from '#appliance/intake/progress.ts';
import { concat } from '#sync/core/bytes.ts';
import { silentLog } from '#sync/core/log.ts';
import { datasetSha256 } from '#sync/dicom/digest.ts';
import { explicitLittleEndian, implicitLittleEndian, readElement } from '#sync/dicom/element.ts';
import { buildFileHeader } from '#sync/dicom/part10.ts';
import { transferSyntax } from '#sync/dicom/transfer-syntaxes.ts';
import { uid } from '#sync/dicom/uid.ts';
import { type BoxWorld, openBoxWorld } from '../../support/box-world.ts';
import { syntheticSlice } from '../../support/synthetic-ct.ts';
import { type SyntheticInstance, syntheticObject } from '../../support/synthetic-dataset.ts';
import { type Written, written } from '../../sync/dicom/dataset.ts';

const { attributes } = syntheticSlice({ seed: 1, slices: 1, rows: 16 }, 0);
const first = objectOf({}, 1);
const another = objectOf({}, 2);
const ofSomebodyElse = objectOf({ patientName: 'TEST^BRAVO', patientId: 'DEMO-9' }, 1);
const ofAnotherStudy = objectOf({ studyInstanceUid: uid('2.25.77') }, 1);
const inAnotherEncoding = reencoded();

const cases = [
  ['in another encoding', 'resend', inAnotherEncoding],
  ['of somebody else', 'identity', ofSomebodyElse],
  ['of another study', 'identity', ofAnotherStudy],
  ['with other pixels', 'conflict', another],
] as const;

for (const [what, kind, second] of cases) {
  test(`a second object under a UID ${what} is ${kind}, live and after a rebuild`, async (t) => {
    const box = await openBoxWorld(t);
    assert.deepEqual(await box.receive([first, second]), [0, 0]);
    assert.equal((await rowOf(box)).help, null, 'nobody is called before it is compared');
    await compareAll(box);
    const expected = new Map([
      [first.datasetSha256, 'stored'],
      [second.datasetSha256, kind],
    ]);
    assert.deepEqual(await statesOf(box), expected);
    await box.stop();
    await rebuild(box);
    assert.deepEqual(await statesOf(box), expected);
    assert.equal(await box.folder().catalog.uncompared(), undefined);
  });
}

test('a resend in another encoding is one image, and nobody is called', async (t) => {
  const box = await openBoxWorld(t);
  await box.receive([first, inAnotherEncoding, first]);
  await compareAll(box);
  const { instanceCount, help } = await rowOf(box);
  assert.deepEqual({ instanceCount, help }, { instanceCount: 1, help: null });
  assert.deepEqual(await box.folder().catalog.totals(), { studies: 1, instances: 1, onlyHere: 1 });
  assert.equal((await box.folder().catalog.pendingInstances(studyOf(first), 9)).length, 1);
});

test('an object of somebody else is an alarm of its own, a true conflict another', async (t) => {
  const box = await openBoxWorld(t);
  await box.receive([first, another]);
  await compareAll(box);
  assert.equal((await rowOf(box)).help?.code, 'CONFLICT');
  await box.receive([ofSomebodyElse]);
  await compareAll(box);
  assert.equal((await rowOf(box)).help?.code, 'OTHER-IDENTITY');
  assert.equal((await box.folder().catalog.pendingInstances(studyOf(first), 9)).length, 1);
});

test('what an earlier run held and did not compare is compared at the next start', async (t) => {
  const box = await openBoxWorld(t);
  await box.receive([first, inAnotherEncoding]);
  await box.stop();
  await box.start();
  await compareAll(box);
  assert.equal((await statesOf(box)).get(inAnotherEncoding.datasetSha256), 'resend');
});

test('a comparison that the end of the program breaks off says nothing', async (t) => {
  const box = await openBoxWorld(t);
  await box.receive([first, inAnotherEncoding]);
  const stop = new AbortController();
  await compareAll(box, stop.signal, () => stop.abort());
  assert.ok(await box.folder().catalog.uncompared());
});

test('names that differ by empty components, and an issuer that only one names, are one identity', () => {
  const identity = { ...attributes, patientName: 'TEST^ALPHA', issuerOfPatientId: '' };
  assert.ok(isSameIdentity(identity, { ...identity, patientName: 'TEST^ALPHA^^' }));
  assert.ok(isSameIdentity(identity, { ...identity, issuerOfPatientId: 'DEMO CLINIC' }));
  assert.ok(!isSameIdentity(identity, { ...identity, patientName: 'TEST^ALPHA^B' }));
  assert.ok(!isSameIdentity(identity, { ...identity, patientId: 'DEMO-9' }));
});

async function compareAll(
  box: BoxWorld,
  signal: AbortSignal = new AbortController().signal,
  onRead: () => void = () => undefined,
): Promise<void> {
  const { catalog, store } = box.folder();
  const { recorder } = box.parts().ports;
  const read: typeof store.read = (...range) => {
    onRead();
    return store.read(...range);
  };
  const comparer = createComparer(
    { catalog, store: { read }, recorder, clock: box.clock, log: silentLog, onCompared: () => {} },
    signal,
  );
  comparer.wake();
  await comparer.idle();
}

async function statesOf(box: BoxWorld): Promise<ReadonlyMap<string, string>> {
  const instances = await box.folder().catalog.instances();
  return new Map(
    [first.datasetSha256, ...instances.map((each) => each.datasetSha256)].map((digest) => [
      digest,
      instances.find((each) => each.datasetSha256 === digest)?.state ?? 'none',
    ]),
  );
}

async function rowOf(box: BoxWorld) {
  const [record] = await box.folder().catalog.studies(studyOf(first));
  assert.ok(record);
  return studyRow(record, { isReceiving: () => false, agent: undefined });
}

function studyOf({ attributes: { studyInstanceUid } }: SyntheticInstance): string {
  return studyInstanceUid ?? '';
}

function objectOf(change: Partial<typeof attributes>, seed: number): SyntheticInstance {
  return syntheticObject({ ...attributes, ...change }, [
    [0x7fe00010, 'OW', new Uint8Array(512).fill(seed)],
  ]);
}

/** The first object in implicit little endian, as a gateway would send it again. */
function reencoded(): SyntheticInstance {
  const dataset = first.part10.slice(first.fileHeaderSizeBytes);
  const view = new DataView(dataset.buffer);
  const elements: Written[] = [];
  for (let at = 0; at < dataset.length; ) {
    const element = readElement(view, at, explicitLittleEndian);
    assert.ok(element);
    at = element.valueAt + (element.length ?? 0);
    elements.push([element.tag, element.vr, dataset.subarray(element.valueAt, at)]);
  }
  const bytes = written(elements, implicitLittleEndian);
  const { sopClassUid, sopInstanceUid } = first;
  const transferSyntaxUid = uid(transferSyntax.implicitLittleEndian);
  const ids = { sopClassUid, sopInstanceUid, transferSyntaxUid };
  const header = buildFileHeader({ ...ids, sendingAeTitle: 'DEMO_CT' });
  return {
    ...{ ...first, ...ids, part10: concat(header, bytes) },
    fileHeaderSizeBytes: header.length,
    datasetSha256: datasetSha256(bytes),
  };
}

async function rebuild(box: BoxWorld): Promise<void> {
  for (const suffix of ['', '-wal', '-shm']) {
    await rm(join(box.dataDir, `catalog.db${suffix}`), { force: true });
  }
  await box.start();
}
