import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Reference } from '#appliance/commitment/ports.ts';
import {
  commitmentContext,
  commitmentRequest,
  openCommitmentListener,
  readReport,
} from '#test/support/commitment-client.ts';
import { outcomeOf, RawPeer, usualContexts } from '#test/support/dimse-peer.ts';
import { freePort } from '#test/support/free-port.ts';
import { sendStudy } from '#test/support/modality.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';
import { until } from '../support/until.ts';
import { runPeer, startBox } from './live-box.ts';

const ctClass = '1.2.840.10008.5.1.4.1.1.2';
const absent: Reference = { sopClassUid: ctClass, sopInstanceUid: '1.2.3.4.5' };

/** Asks the box about `references` as CT1; resolves when the request was accepted, with the association open. */
async function ask(
  t: TestContext,
  port: number,
  transactionUid: string,
  references: readonly Reference[],
): Promise<RawPeer> {
  const peer = await RawPeer.connect(port);
  t.after(() => peer.close());
  const contexts = [...usualContexts, commitmentContext];
  assert.equal(outcomeOf(await peer.associate({ callingAeTitle: 'CT1', contexts })), 'accepted');
  peer.send(commitmentRequest(transactionUid, references));
  assert.equal((await peer.response()).status, 0);
  return peer;
}

const study = syntheticStudy({ seed: 90, slices: 3, rows: 64 });
const references = study.map(({ attributes }) => ({
  sopClassUid: ctClass,
  sopInstanceUid: attributes.sopInstanceUid,
}));
const send = (port: number) =>
  sendStudy(
    { host: '127.0.0.1', port, calledAeTitle: 'OUTPOST', callingAeTitle: 'CT1' },
    study.map(({ part10 }) => part10),
    { signal: AbortSignal.timeout(20_000) },
  );
const dicom = (caller: object) => ({
  dicom: {
    ...{ host: '127.0.0.1', port: 0, aeTitles: ['OUTPOST', 'OLD_PACS'] },
    callers: [{ aeTitle: 'CT1', ...caller }],
  },
});

test('a device that is off is told when it is on again, under the same transaction, after a restart', async (t) => {
  const port = await freePort();
  const box = await startBox(t, dicom({ port, commitment: 'box' }));
  await send(box.port);
  (await ask(t, box.port, '1.9.1', [...references, absent])).close();
  await box.stop();

  const listener = await openCommitmentListener(t, 'CT1', port);
  await box.start();
  const report = await listener.report(0);
  assert.equal(report.transactionUid, '1.9.1');
  assert.equal(report.calling, 'OUTPOST');
  assert.equal(report.eventTypeId, 2);
  assert.deepEqual(
    [...report.images],
    [
      ...references.map(({ sopInstanceUid }) => [sopInstanceUid, 'committed'] as const),
      [absent.sopInstanceUid, 0x0112] as const,
    ],
  );
});

test('the answer comes on the same association where the device wants it so', async (t) => {
  const box = await startBox(t, dicom({ commitment: 'box', commitmentAnswer: 'same-association' }));
  await send(box.port);
  const peer = await ask(t, box.port, '1.9.2', references);
  const event = await peer.response();
  assert.equal(event.commandField, 0x0100);
  const data = await peer.receive();
  assert.ok(data !== 'closed');
  const report = readReport(data.body.subarray(6), event.eventTypeId, '');
  assert.equal(report.eventTypeId, 1);
  assert.equal(report.images.size, references.length);
});

test('with the usual policy nothing is promised before the center has it', async (t) => {
  const listener = await openCommitmentListener(t, 'CT1');
  const box = await startBox(t, dicom({ port: listener.port }));
  await send(box.port);
  await ask(t, box.port, '1.9.3', references);
  await ask(t, box.port, '1.9.4', [absent]);
  // The later question is answered; the earlier one waits for the center's receipt.
  assert.equal((await listener.report(0)).transactionUid, '1.9.4');
  assert.equal(listener.reports.length, 1);
});

test('commitment asked for the whole exam says that nothing more comes', async (t) => {
  const box = await startBox(t, { ...dicom({}), quietS: 3_600 });
  await send(box.port);
  const stateNow = async (): Promise<string | undefined> => {
    const { json } = await box.api('GET', '/v1/studies');
    return (json as { readonly studies: readonly { readonly state: string }[] }).studies[0]?.state;
  };
  await ask(t, box.port, '1.9.5', references.slice(1));
  const isReceiving = async () => (await stateNow()) === 'receiving';
  await until('the study is there', 60_000, isReceiving);
  await ask(t, box.port, '1.9.6', references);
  await until('the study is complete', 60_000, async () => !(await isReceiving()));
});

const hasOrthanc = (await runPeer('Orthanc', ['--version']).catch(() => undefined))?.code === 0;

test('Orthanc asks for commitment and gets its answer', {
  skip: !hasOrthanc && 'Orthanc is not installed',
}, async (t) => {
  const [dicomPort, httpPort] = [await freePort(), await freePort()];
  const box = await startBox(t, {
    dicom: {
      ...{ host: '127.0.0.1', port: 0, aeTitles: ['OUTPOST'] },
      callers: [{ aeTitle: 'ORTHANC', port: dicomPort, commitment: 'box' }],
    },
  });
  const dir = join(box.dir, 'orthanc');
  await mkdir(dir);
  const config = join(dir, 'orthanc.json');
  await writeFile(
    config,
    JSON.stringify({
      ...{ StorageDirectory: dir, IndexDirectory: dir, DicomAet: 'ORTHANC', DicomPort: dicomPort },
      ...{ HttpPort: httpPort, RemoteAccessAllowed: false, AuthenticationEnabled: false },
      DicomModalities: { box: ['OUTPOST', '127.0.0.1', box.port] },
    }),
  );
  const orthanc = spawn('Orthanc', [config], { stdio: 'ignore' });
  t.after(() => orthanc.kill('SIGKILL'));
  const http = async (method: string, path: string, body?: string | Uint8Array) => {
    const url = `http://127.0.0.1:${httpPort}${path}`;
    const answer = await fetch(
      url,
      body === undefined ? { method } : { method, body: new Uint8Array(Buffer.from(body)) },
    );
    return answer.ok ? ((await answer.json()) as Record<string, unknown>) : undefined;
  };
  await until('Orthanc', 60_000, () => http('GET', '/system').catch(() => undefined));
  const ids: unknown[] = [];
  for (const { part10 } of study) ids.push((await http('POST', '/instances', part10))?.['ID']);
  await http('POST', '/modalities/box/store', JSON.stringify(ids));
  const asked = await http(
    'POST',
    '/modalities/box/storage-commitment',
    JSON.stringify({
      Resources: ids,
      DicomInstances: [{ SOPClassUID: ctClass, SOPInstanceUID: absent.sopInstanceUid }],
    }),
  );
  const report = await until('the answer of the box', 60_000, async () => {
    const found = await http('GET', `/storage-commitment/${asked?.['ID']}`);
    return found?.['Status'] === 'Pending' ? undefined : found;
  });
  assert.equal(report['Status'], 'Failure');
  assert.equal((report['Success'] as unknown[]).length, study.length);
  const [failure] = report['Failures'] as Record<string, unknown>[];
  assert.equal(failure?.['SOPInstanceUID'], absent.sopInstanceUid);
  assert.equal(failure?.['FailureReason'], 0x0112);
});
