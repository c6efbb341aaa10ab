import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { InstanceList, StudyList } from '#appliance/api/contract.ts';
import { expectOk } from '#sync/core/result.ts';
import { readFileHeader } from '#sync/dicom/part10.ts';
import { freePort } from '#test/support/free-port.ts';
import { sendStudy } from '#test/support/modality.ts';
import { repositoryDir } from '#test/support/source-tree.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';
import { type LiveBox, runPeer, startBox } from './live-box.ts';

const isInstalled = (command: string): boolean => spawnSync(command, ['--version']).status === 0;
const skip = isInstalled('findscu') ? false : 'DCMTK (Debian package dcmtk) is not installed';
const skipOrthanc = isInstalled('Orthanc') ? false : 'Orthanc is not installed';
const syntaxes = join(repositoryDir, '../shared/data/dicom/syntaxes');
const skipSamples = skip || (existsSync(syntaxes) ? false : 'the sample objects are not there');

const study = syntheticStudy({ seed: 41, slices: 3, rows: 64, patientName: 'TEST^ALPHA' });
const studyUid = study[0]?.attributes.studyInstanceUid ?? '';

/** A box with one viewer, and a place at `destinationPort` that images may be moved to. */
const boxOf = (t: TestContext, destinationPort: number, more: object = {}): Promise<LiveBox> =>
  startBox(t, {
    dicom: {
      ...{ host: '127.0.0.1', port: 0, aeTitles: ['OUTPOST'] },
      callers: [{ aeTitle: 'CT1' }, { aeTitle: 'VIEWER', address: '127.0.0.1', mayQuery: true }],
      destinations: [
        { name: 'viewer', aeTitle: 'VIEWER', address: '127.0.0.1', port: destinationPort, ...more },
      ],
    },
  });

test('findscu finds what is there, by name and by day, and nobody else finds anything', {
  skip,
}, async (t) => {
  const box = await boxOf(t, await freePort());
  await store(box, study);
  const find = (title: string, ...keys: readonly string[]) =>
    runPeer('findscu', [
      ...['-v', '-S', '-aet', title, '-aec', 'OUTPOST', ...keys.flatMap((key) => ['-k', key])],
      ...['127.0.0.1', String(box.port)],
    ]);
  const named = await find(
    'VIEWER',
    ...['QueryRetrieveLevel=STUDY', 'PatientName=test^a*', 'StudyDate=20260101-20260131'],
    ...['StudyInstanceUID', 'NumberOfStudyRelatedInstances', 'StudyID'],
  );
  assert.match(named.output, new RegExp(studyUid));
  assert.match(named.output, /NumberOfStudyRelatedInstances/);
  assert.match(named.output, /\[3 ?\]/);
  const images = await find(
    'VIEWER',
    ...['QueryRetrieveLevel=IMAGE', `StudyInstanceUID=${studyUid}`],
    ...[`SeriesInstanceUID=${study[0]?.attributes.seriesInstanceUid}`, 'SOPInstanceUID', 'Rows'],
  );
  for (const { sopInstanceUid } of study) assert.match(images.output, new RegExp(sopInstanceUid));
  const relational = await find('VIEWER', 'QueryRetrieveLevel=IMAGE', 'SOPInstanceUID');
  assert.match(relational.output, /DataSetDoesNotMatchSOPClass/);
  const stranger = await find('CT1', 'QueryRetrieveLevel=STUDY', 'StudyInstanceUID');
  assert.doesNotMatch(stranger.output, new RegExp(studyUid));
});

test('getscu gets a study byte for byte', { skip }, async (t) => {
  const box = await boxOf(t, await freePort());
  await store(box, study);
  const got = await get(box, studyUid);
  assert.deepEqual(got.sort(compare), study.map(({ part10 }) => bodyOf(part10)).sort(compare));
});

test('compressed images come decoded to getscu, and as they are to a destination that takes them', {
  skip: skipSamples,
}, async (t) => {
  const port = await freePort();
  const box = await boxOf(t, port);
  const objects = [
    'JPEGLSLossless',
    'JPEG2000LosslessOnly',
    'RLELossless',
    'BigEndianExplicit',
  ].map(sampleInOwnStudy);
  await store(box, objects);
  const plain = readFileSync(join(syntaxes, 'ct-1.2.840.10008.1.2.1-LittleEndianExplicit.dcm'));
  const folder = join(box.dir, 'moved');
  await mkdir(folder);
  await started(t, 'storescp', ['+xa', '+B', '-od', folder, String(port)], port);
  for (const { studyInstanceUid } of objects) {
    const [dataset] = await get(box, studyInstanceUid);
    assert.ok(dataset?.subarray(-pixelBytes).equals(plain.subarray(-pixelBytes)));
    const moved = await move(box, 'VIEWER', studyInstanceUid);
    assert.equal(moved.code, 0, moved.output);
  }
  const datasets = objects.map(({ part10 }) => bodyOf(part10));
  assert.deepEqual((await datasetsIn(folder)).sort(compare), datasets.sort(compare));
});

test('movescu has a study sent to a listed destination, and to no other', { skip }, async (t) => {
  const port = await freePort();
  const box = await boxOf(t, port, { modalities: ['CT'] });
  const cr = syntheticStudy({ seed: 42, slices: 1, rows: 16, modality: 'CR' });
  await store(box, [...study, ...cr]);
  const folder = join(box.dir, 'moved');
  await mkdir(folder);
  await started(t, 'storescp', ['-v', '+B', '-od', folder, String(port)], port);
  const moved = await move(box, 'VIEWER', studyUid);
  assert.equal(moved.code, 0, moved.output);
  const got = await datasetsIn(folder);
  assert.deepEqual(got.sort(compare), study.map(({ part10 }) => bodyOf(part10)).sort(compare));
  const unknown = await move(box, 'ELSEWHERE', studyUid);
  assert.match(unknown.output, /MoveDestinationUnknown/);
  const forbidden = await move(box, 'VIEWER', cr[0]?.attributes.studyInstanceUid ?? '');
  assert.match(forbidden.output, /OutOfResourcesSubOperations/);
  assert.equal((await datasetsIn(folder)).length, study.length);
});

test('Orthanc asks, and takes what it asked for', { skip: skipOrthanc }, async (t) => {
  const port = await freePort();
  const http = await freePort();
  const box = await boxOf(t, port);
  await store(box, study);
  const folder = join(box.dir, 'orthanc');
  await mkdir(folder);
  const config = join(box.dir, 'orthanc.json');
  await writeFile(
    config,
    JSON.stringify({
      ...{ Name: 'VIEWER', StorageDirectory: folder, IndexDirectory: folder, Plugins: [] },
      ...{ DicomAet: 'VIEWER', DicomPort: port, DicomCheckCalledAet: false },
      ...{ DicomAlwaysAllowStore: true, HttpServerEnabled: true, HttpPort: http },
      ...{ RemoteAccessAllowed: false, AuthenticationEnabled: false },
      DicomModalities: { box: ['OUTPOST', '127.0.0.1', box.port] },
    }),
  );
  await started(t, 'Orthanc', [config], http);
  const ask = async (path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${http}${path}`, {
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
    });
    return answer.json();
  };
  const Query = { PatientID: 'DEMO-*', StudyDate: '20260105' };
  const asked = (await ask('/modalities/box/query', { Level: 'Study', Query })) as { ID: string };
  assert.deepEqual(await ask(`/queries/${asked.ID}/answers`), ['0']);
  const content = JSON.stringify(await ask(`/queries/${asked.ID}/answers/0/content?simplify`));
  assert.match(content, new RegExp(studyUid));
  await ask(`/queries/${asked.ID}/retrieve`, { TargetAet: 'VIEWER', Synchronous: true });
  const there = (await ask('/instances')) as string[];
  assert.equal(there.length, study.length);
});

interface Sent {
  readonly part10: Uint8Array;
  readonly studyInstanceUid?: string;
}

async function store(box: LiveBox, objects: readonly Sent[]): Promise<void> {
  const statuses = await sendStudy(
    { host: '127.0.0.1', port: box.port, calledAeTitle: 'OUTPOST', callingAeTitle: 'CT1' },
    objects.map(({ part10 }) => part10),
    { signal: AbortSignal.timeout(20_000) },
  );
  assert.ok(statuses.every(({ kind }) => kind === 'stored'));
  for (let after = 0; ; ) {
    const held = (await box.api('GET', '/v1/instances')).json as InstanceList;
    if (held.instances.length >= objects.length) return;
    const list = (await box.api('GET', `/v1/studies?after=${after}&waitS=4`)).json as StudyList;
    after = list.revision;
  }
}

/** The datasets that getscu wrote for a study. */
async function get(box: LiveBox, uid: string): Promise<Buffer[]> {
  const folder = join(box.dir, `got-${uid}`);
  await mkdir(folder);
  const got = await runPeer('getscu', [
    ...['-v', '-S', '-aet', 'VIEWER', '-aec', 'OUTPOST', '-od', folder, '+B'],
    ...['-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${uid}`],
    ...['127.0.0.1', String(box.port)],
  ]);
  assert.equal(got.code, 0, got.output);
  return datasetsIn(folder);
}

async function datasetsIn(folder: string): Promise<Buffer[]> {
  const names = await readdir(folder);
  return Promise.all(
    names.map(async (name) => {
      return bodyOf(await readFile(join(folder, name)));
    }),
  );
}

function bodyOf(part10: Uint8Array): Buffer {
  return Buffer.from(part10.subarray(expectOk(readFileHeader(part10)).fileHeaderSizeBytes));
}

function compare(a: Buffer, b: Buffer): number {
  return a.compare(b);
}

const pixelBytes = 512 * 512 * 2;

/** One CT image in another syntax: all samples of it share their UIDs, so each gets digits of its own. */
function sampleInOwnStudy(
  name: string,
  index: number,
): Sent & { readonly studyInstanceUid: string } {
  const file = readdirSync(syntaxes).find((one) => one.startsWith('ct-') && one.includes(name));
  assert.ok(file, name);
  const text = readFileSync(join(syntaxes, file)).toString('latin1');
  const own = text
    .replaceAll('978668950.109', `978668950.10${index}`)
    .replaceAll('978668949.886', `978668949.88${index}`);
  const part10 = Buffer.from(own, 'latin1');
  return { part10, studyInstanceUid: `1.2.840.113619.2.30.1.1762295590.1623.978668949.88${index}` };
}

function move(box: LiveBox, to: string, uid: string) {
  return runPeer('movescu', [
    ...['-v', '-S', '-aet', 'VIEWER', '-aec', 'OUTPOST', '-aem', to],
    ...['-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${uid}`],
    ...['127.0.0.1', String(box.port)],
  ]);
}

async function started(
  t: TestContext,
  command: string,
  args: readonly string[],
  port: number,
): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  for (;;) {
    assert.equal(child.exitCode, null, `${command} ended`);
    if (await isListening(port)) return child;
  }
}

/** Asks once; waits a little when nobody listens, since a port says nothing when it opens. */
async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const isThere = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => setTimeout(() => resolve(false), 50));
  });
  socket.destroy();
  return isThere;
}
