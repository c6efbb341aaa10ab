import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import dimse from 'dcmjs-dimse';
import { Client, Message } from 'node-hl7-client';
import type { InstanceList, StudyList } from '#appliance/api/contract.ts';
import type { OrderList, PlacedOrders } from '#appliance/api/contract-orders.ts';
import { sendStudy } from '#test/support/modality.ts';
import { repositoryDir } from '#test/support/source-tree.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';
import { until } from '#test/support/until.ts';
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

test('a study is complete as soon as all that its device made is here, long before its quiet time', async (t) => {
  const box = await startBox(t, { orders, quietS: 600 });
  const { NCreateRequest, NSetRequest } = dimse.requests;
  const { ModalityPerformedProcedureStep: mpps } = dimse.constants.SopClass;
  const study = syntheticStudy({ seed: 64, slices: 3, rows: 16 });
  await send(box, study.slice(0, 2));
  const begin = {
    PerformedProcedureStepStatus: 'IN PROGRESS',
    ScheduledStepAttributesSequence: [{ StudyInstanceUID: study[0]?.attributes.studyInstanceUid }],
  };
  const references = study.map((each) => ({ ReferencedSOPInstanceUID: each.sopInstanceUid }));
  const end = {
    PerformedProcedureStepStatus: 'COMPLETED',
    PerformedSeriesSequence: [{ ReferencedImageSequence: references }],
  };
  const statuses = await perform(box, [
    [new NCreateRequest(mpps, '2.25.4712'), begin],
    [new NSetRequest(mpps, '2.25.4712'), end],
  ]);
  assert.deepEqual(statuses, [0, 0]);
  await catalogued(box, 2);
  const shown = async () => ((await box.api('GET', '/v1/studies')).json as StudyList).studies[0];
  assert.deepEqual(
    await shown().then((row) => [row?.state, row?.missingCount]),
    ['receiving', 0],
    'one is missing, and may still come',
  );
  await send(box, study.slice(2));
  const complete = await until('the study is complete', 60_000, async () => {
    const row = await shown();
    return row?.state === 'receiving' ? undefined : row;
  });
  assert.deepEqual([complete?.instanceCount, complete?.missingCount], [3, 0]);
});

test('a HIS of node-hl7-client sends orders over MLLP, and files are taken from the folder', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-order-files-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const mllp = { host: '127.0.0.1', port: 0, senders: ['127.0.0.1'] };
  const box = await startBox(t, { orders: { ...orders, folder: dir, mllp } });
  const send = await openHis(t, Number(box.ready['mllpPort']));
  const place = (control: string, number: string, modality = 'CT') =>
    send([
      ['PID', { 3: 'DEMO-7', 5: 'TEST^ALPHA', 7: '19700102', 8: 'M' }],
      ['ORC', { 1: control, 2: number }],
      ['OBR', { 2: number, 4: 'CT1^CT head', 24: modality, 31: '^fell' }],
    ]);
  assert.equal(await place('NW', 'P-1'), 'AA');
  assert.equal(await place('NW', 'P-1'), 'AA', 'the same again is the same order');
  assert.equal(await place('NW', 'P-2', ''), 'AR');
  assert.equal(await place('NW', 'P-3'), 'AA');
  assert.equal(await place('CA', 'P-3'), 'AA');
  assert.equal(await place('CA', 'P-4'), 'AR');

  const file = { patientId: 'DEMO-8', patientName: 'TEST^BRAVO', modality: 'MR' };
  await writeFile(join(dir, 'one.json'), JSON.stringify(file));
  await writeFile(join(dir, 'two.csv'), 'patientId;patientName;modality\nDEMO-9;TEST^BRAVO;XX 1\n');
  const list = async () => ((await box.api('GET', '/v1/orders')).json as OrderList).orders;
  const told = await until('both files are taken', 60_000, async () => {
    const rejected = (await readdir(join(dir, 'rejected'))).filter((name) => name.endsWith('.txt'));
    return (await list()).length === 2 && rejected.length === 1 ? rejected[0] : undefined;
  });
  assert.match(await readFile(join(dir, 'rejected', told), 'utf8'), /modality must be/);
  assert.deepEqual((await readdir(dir)).sort(), ['rejected']);
  assert.deepEqual((await list()).map(({ patientId }) => patientId).sort(), ['DEMO-7', 'DEMO-8']);
  assert.equal((await find(box, 'CT1', ['PatientID=DEMO-7'])).length, 1);

  assert.equal(await box.stop(), 0);
  const again = await box.start();
  assert.equal((await list()).length, 2, 'orders are durable');
  assert.equal(await again.stop(), 0);
});

test('MLLP is for the senders of the config alone', async (t) => {
  const mllp = { host: '127.0.0.1', port: 0, senders: ['192.0.2.7'] };
  const box = await startBox(t, { orders: { ...orders, mllp } });
  const stranger = connect({ host: '127.0.0.1', port: Number(box.ready['mllpPort']) });
  stranger.on('error', () => undefined);
  stranger.write('\u000bMSH|^~\\&|HIS\r\u001c\r');
  let answered = 0;
  stranger.on('data', ({ length }) => {
    answered += length;
  });
  await new Promise((resolve) => stranger.once('close', resolve));
  assert.equal(answered, 0, 'closed without an answer');
  assert.equal((await box.api('GET', '/v1/status')).status, 200);
});

test('staff keep the worklist from the command line', async (t) => {
  const box = await startBox(t, { orders });
  const outpost = (...args: readonly string[]) => {
    const program = join(repositoryDir, 'provisioning/outpost.ts');
    return runPeer(process.execPath, [program, 'orders', ...args, '--socket', box.socket]);
  };
  const fields = ['patientId=DEMO-1', 'patientName=TEST^ALPHA', 'modality=CT', 'priority=stat'];
  const added = await outpost('add', ...fields);
  assert.equal(added.code, 0, added.output);
  assert.match(
    added.output,
    /^[0-9a-f]{16} {2}new .* CT {2}KIS\w+ {2}DEMO-1 {2}TEST\^ALPHA {2}CT {2}STAT\n$/,
  );
  const orderId = added.output.slice(0, 16);
  const emergency = await outpost('emergency', 'modality=CT', 'approximateAge=45Y', '--json');
  const [made] = (JSON.parse(emergency.output) as PlacedOrders).orders;
  assert.match(made?.order.patientId ?? '', /^TMP-KIS/);
  const changed = await outpost('change', orderId, ...fields, 'description=CT neck');
  assert.match(changed.output, /changed .*CT neck/);
  assert.equal((await outpost('cancel', orderId)).code, 0);
  const again = await outpost('change', orderId, ...fields);
  assert.equal(again.code, 1);
  assert.match(again.output, /was cancelled/);
  assert.match((await outpost('list', '--all')).output, /cancelled/);
  const study = syntheticStudy({ seed: 63, slices: 1, rows: 16 });
  await send(box, study);
  await catalogued(box, 1);
  const uid = study[0]?.attributes.studyInstanceUid ?? '';
  const flagOf = async () =>
    ((await box.api('GET', '/v1/studies')).json as StudyList).studies[0]?.isUnordered;
  assert.equal(await flagOf(), true);
  assert.equal((await outpost('bind', made?.order.orderId ?? '', uid)).code, 0);
  assert.equal(await flagOf(), false);
  assert.equal((await outpost('complete', uid)).code, 0);
});

type Fields = Readonly<Record<number, string>>;

/** A sender that nobody here wrote; the answer is the code of each acknowledgement. */
async function openHis(t: TestContext, port: number) {
  const client = new Client({ host: '127.0.0.1', version: '2.3.1' });
  const answers: ((code: string) => void)[] = [];
  const connection = client.createConnection({ port, version: '2.3.1' }, async (answer) => {
    answers.shift()?.(answer.getMessage().get('MSA.1').toString());
  });
  t.after(() => connection.close());
  await once(connection, 'connect');
  let serial = 0;
  return async (segments: readonly (readonly [string, Fields])[]): Promise<string> => {
    serial += 1;
    const head = `MSH|^~\\&|HIS|DISTRICT|OUTPOST|CLINIC|20260131083000||ORM^O01^ORM_O01|M-${serial}|P|2.3.1`;
    const lines = segments.map(([name, fields]) => {
      const last = Math.max(...Object.keys(fields).map(Number));
      const values = Array.from({ length: last }, (_, index) => fields[index + 1] ?? '');
      return [name, ...values].join('|');
    });
    const { promise, resolve } = Promise.withResolvers<string>();
    answers.push(resolve);
    await connection.sendMessage(new Message({ text: [head, ...lines].join('\r') }));
    return promise;
  };
}

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
