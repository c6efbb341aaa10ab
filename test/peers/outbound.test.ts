import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { ForwardList } from '#appliance/api/contract-modalities.ts';
import { createStorageScp } from '#sync/adapters/storage-scp-dimse.ts';
import { silentLog } from '#sync/core/log.ts';
import { freePort } from '#test/support/free-port.ts';
import { createMemoryStore } from '#test/support/memory-sink.ts';
import { sendStudy } from '#test/support/modality.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';
import { until } from '../support/until.ts';
import { startBox } from './live-box.ts';

/** A workstation that keeps what it gets, on `port`. */
async function openWorkstation(t: { after(fn: () => Promise<void>): void }, port: number) {
  const store = createMemoryStore();
  const scp = createStorageScp(
    store.ports,
    { host: '127.0.0.1', port, aeTitles: ['WS'], limits: { closeTimeoutMs: 200 } },
    silentLog,
  );
  await scp.listen();
  t.after(() => scp.close());
  return store;
}

const send = (port: number, study: ReturnType<typeof syntheticStudy>, callingAeTitle: string) =>
  sendStudy(
    { host: '127.0.0.1', port, calledAeTitle: 'OUTPOST', callingAeTitle },
    study.map(({ part10 }) => part10),
    { signal: AbortSignal.timeout(20_000) },
  );

test('what the rules name goes to a workstation as it was stored, also one that is off for a while and over a restart', async (t) => {
  const port = await freePort();
  const box = await startBox(t, {
    dicom: {
      ...{ host: '127.0.0.1', port: 0, aeTitles: ['OUTPOST'], callers: 'any' },
      destinations: [{ name: 'Viewer', aeTitle: 'WS', address: '127.0.0.1', port }],
      forward: [{ to: 'Viewer', from: ['CT1'], modalities: ['CT'] }],
    },
  });
  const study = syntheticStudy({ seed: 70, slices: 4, rows: 64 });
  await send(box.port, study, 'CT1');
  await send(box.port, syntheticStudy({ seed: 71, slices: 2, rows: 64, modality: 'MR' }), 'CT1');
  await send(box.port, syntheticStudy({ seed: 72, slices: 2, rows: 64 }), 'CT2');
  const forwards = async () =>
    ((await box.api('GET', '/v1/modalities')).json as ForwardList).forwards[0];
  const off = await until('the workstation is missed', 60_000, async () => {
    const status = await forwards();
    // It is called as soon as the first image is there.
    return status?.trouble && status.waiting === 4 ? status : undefined;
  });
  assert.match(off.trouble ?? '', /"Viewer" at 127\.0\.0\.1 port \d+: .*nothing listens/);
  const test = await box.api('POST', '/v1/modalities/test', { name: 'Viewer' });
  assert.equal((test.json as { isWell: boolean }).isWell, false);

  await box.stop();
  const store = await openWorkstation(t, port);
  await box.start();
  await until('all of it', 60_000, async () =>
    (await forwards())?.waiting === 0 ? true : undefined,
  );
  assert.deepEqual(
    store.stored.map(({ dataset }) => createHash('sha256').update(dataset).digest('hex')).sort(),
    study.map(({ datasetSha256 }) => datasetSha256).sort(),
  );
  assert.deepEqual(await forwards(), {
    ...{ destination: 'Viewer', waiting: 0, forwarded: 4, trouble: null },
  });
  const echoed = await box.api('POST', '/v1/modalities/test', { name: 'WS' });
  assert.equal((echoed.json as { isWell: boolean }).isWell, true);
  assert.equal((await box.api('POST', '/v1/modalities/test', { name: 'NOBODY' })).status, 404);
});
