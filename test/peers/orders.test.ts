import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import dimse from 'dcmjs-dimse';
import type { InstanceList, StudyList } from '#appliance/api/contract.ts';
import type { OrderList, PlacedOrders } from '#appliance/api/contract-orders.ts';
import { sendStudy } from '#test/support/modality.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';
import { type LiveBox, runPeer, startBox } from './live-box.ts';

const hasDcmtk = spawnSync('findscu', ['--version']).status === 0;
const skip = hasDcmtk ? false : 'findscu (Debian package dcmtk) is not installed';
const orders = {
  siteCode: 'KIS',
  devices: [{ aeTitle: 'OLDCR', isAnyDate: true, isAnyStation: true, characterSet: '' }],
};

test('DCMTK reads the worklist, each device in its own way', { skip }, async (t) => {
  const box = await startBox(t, { orders });
  const placed = await box.api('POST', '/v1/orders', [
    {
      ...{ patientId: 'DEMO-1', patientName: 'ÅLPHA^TEST', patientSex: 'F', modality: 'CT' },
      ...{ scheduledDate: '2026-01-31', scheduledTime: '08:30', stationAeTitle: 'CT1' },
      ...{ description: 'CT head', indication: 'fell', allergies: 'iodine', priority: 'STAT' },
    },
    { patientId: 'DEMO-2', patientName: 'BRAVO^TEST', modality: 'MR', scheduledDate: '20260201' },
  ]);
  assert.equal(placed.status, 200, JSON.stringify(placed.json));
  const [first] = (placed.json as PlacedOrders).orders;
  const step = 'ScheduledProcedureStepSequence[0]';
  const utf8 = await find(box, 'CT1', [
    ...['SpecificCharacterSet=ISO_IR 192', 'PatientName=ålpha*', `${step}.Modality=CT`],
    ...[`${step}.ScheduledStationAETitle=CT1`, `${step}.ScheduledProcedureStepStartDate=20260131`],
  ]);
  assert.equal(utf8.length, 1);
  assert.match(utf8[0] ?? '', /\(0008,0005\) CS \[ISO_IR 192\]/);
  assert.match(utf8[0] ?? '', new RegExp(`\\[${first?.order.studyInstanceUid}\\x00?\\]`));
  assert.match(utf8[0] ?? '', /\(0010,2110\) LO \[iodine\]/, 'returned without being asked for');
  assert.match(utf8[0] ?? '', /\(0040,1003\) SH \[STAT\]/);
  const elsewhere = [`${step}.ScheduledStationAETitle=CR9`, `${step}.Modality=CT`];
  const otherDay = `${step}.ScheduledProcedureStepStartDate=20200101`;
  assert.equal((await find(box, 'CT1', [...elsewhere, otherDay])).length, 0);
  const old = await find(box, 'OLDCR', [...elsewhere, otherDay]);
  assert.equal(old.length, 1);
  assert.match(old[0] ?? '', /PN \[ALPHA\^TEST\]/, 'in ASCII letters');
  assert.doesNotMatch(old[0] ?? '', /\(0008,0005\)/);

  const study = syntheticStudy({
    ...{ seed: 61, slices: 1, rows: 16 },
    ...{ patientId: 'DEMO-1', accessionNumber: first?.order.accessionNumber ?? '' },
  });
  await send(box, study);
  await catalogued(box, study.length);
  assert.equal((await find(box, 'CT1', [])).length, 1, 'what is here is no longer due');
  const all = (await box.api('GET', '/v1/orders?all=1')).json as OrderList;
  assert.deepEqual(all.orders.map(({ state }) => state).sort(), ['arrived', 'waiting']);
});

test('a modality of dcmjs-dimse performs its step, and what is over does not change', async (t) => {
  const box = await startBox(t, { orders });
  const { NCreateRequest, NSetRequest } = dimse.requests;
  const { ModalityPerformedProcedureStep: mpps } = dimse.constants.SopClass;
  const { InProgress, Completed } = { InProgress: 'IN PROGRESS', Completed: 'COMPLETED' };
  const study = syntheticStudy({ seed: 62, slices: 2, rows: 16 });
  const studyUid = study[0]?.attributes.studyInstanceUid;
  const stepUid = '2.25.4711';
  const begin = {
    PerformedProcedureStepStatus: InProgress,
    Modality: 'CT',
    ScheduledStepAttributesSequence: [{ StudyInstanceUID: studyUid, AccessionNumber: 'A1' }],
    PerformedSeriesSequence: [],
  };
  const images = [...study.map(({ sopInstanceUid }) => sopInstanceUid), '2.25.404'];
  const end = {
    PerformedProcedureStepStatus: Completed,
    PerformedProcedureStepEndDate: '20260131',
    PerformedProcedureStepEndTime: '091500',
    PerformedSeriesSequence: [
      {
        SeriesInstanceUID: '2.25.1',
        ReferencedImageSequence: images.map((uid) => ({ ReferencedSOPInstanceUID: uid })),
        ReferencedNonImageCompositeSOPInstanceSequence: [],
      },
    ],
  };
  const create = (elements: object) => [new NCreateRequest(mpps, stepUid), elements] as const;
  const set = (elements: object, uid = stepUid) => [new NSetRequest(mpps, uid), elements] as const;
  assert.deepEqual(
    await perform(box, [
      create({ ...begin, PerformedProcedureStepStatus: Completed }),
      set(end),
      create(begin),
      create(begin),
      set({ PerformedProcedureStepStatus: 'FINISHED' }),
      set(end),
      set({ PerformedProcedureStepStatus: InProgress }),
      set(end, '2.25.404'),
    ]),
    [0x0106, 0x0112, 0x0000, 0x0111, 0x0106, 0x0000, 0x0110, 0x0112],
  );
  assert.equal(await box.stop(), 0);
  const facts = await factsOf(box);
  const steps = facts.filter(({ fact }) => fact === 'procedure-step');
  assert.deepEqual(
    steps.map(({ step }) => step?.status),
    [InProgress, Completed],
  );
  assert.deepEqual(steps[1]?.step?.instances, images);
});

/** What `findscu` was answered: one text for each match. */
async function find(box: LiveBox, aeTitle: string, keys: readonly string[]): Promise<string[]> {
  const { code, output } = await runPeer('findscu', [
    ...['-v', '-W', '-aet', aeTitle, '-aec', 'OUTPOST'],
    ...['-k', 'ScheduledProcedureStepSequence[0].Modality', ...keys.flatMap((key) => ['-k', key])],
    ...['127.0.0.1', String(box.port)],
  ]);
  assert.equal(code, 0, output);
  assert.match(output, /Received Final Find Response \(Success\)/, output);
  return output.split(/Find Response: \d+ \(/).slice(1);
}

/** Sends requests on one association, one after another; the statuses in their order. */
function perform(
  box: LiveBox,
  requests: readonly (readonly [InstanceType<typeof dimse.requests.Request>, object])[],
): Promise<readonly number[]> {
  const statuses: number[] = [];
  const client = new dimse.Client();
  for (const [request, elements] of requests) {
    request.setDataset(new dimse.Dataset(elements as Record<string, unknown>));
    request.on('response', (response: { getStatus(): number }) => {
      statuses.push(response.getStatus());
    });
    client.addRequest(request);
  }
  return new Promise((resolve, reject) => {
    client.on('networkError', reject);
    client.on('closed', () => resolve(statuses));
    client.send('127.0.0.1', box.port, 'CT1', 'OUTPOST');
  });
}

async function send(box: LiveBox, study: ReturnType<typeof syntheticStudy>): Promise<void> {
  const outcomes = await sendStudy(
    { host: '127.0.0.1', port: box.port, calledAeTitle: 'OUTPOST', callingAeTitle: 'CT1' },
    study.map(({ part10 }) => part10),
    { signal: AbortSignal.timeout(20_000) },
  );
  assert.ok(outcomes.length === study.length);
}

/** Waits until the catalog holds `count`: it follows the answers by a moment. */
async function catalogued(box: LiveBox, count: number): Promise<void> {
  for (let after = 0; ; ) {
    const { json } = await box.api('GET', '/v1/instances');
    if ((json as InstanceList).instances.length >= count) return;
    const list = await box.api('GET', `/v1/studies?after=${after}&waitS=4`);
    after = (list.json as StudyList).revision;
  }
}

interface Fact {
  readonly fact: string;
  readonly step?: { readonly status: string; readonly instances: readonly string[] };
}

async function factsOf(box: LiveBox): Promise<readonly Fact[]> {
  const folder = join(box.dir, 'data', 'letters');
  const names = (await readdir(folder)).filter((name) => name.startsWith('facts-')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts
    .flatMap((text) => text.split('\n').filter((line) => line !== ''))
    .map((line) => JSON.parse(line.slice(9)) as Fact);
}
