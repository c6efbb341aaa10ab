import assert from 'node:assert/strict';
import { open, readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Status } from '#appliance/api/contract.ts';
import { ask } from '#test/demo/socket-client.ts';
import { createLiveBox, liveDicom as dicom } from '#test/support/live-box.ts';
import { sendStudy } from '#test/support/modality.ts';
import { syntheticStudy } from '#test/support/synthetic-ct.ts';

test('a kill in the middle of a study loses nothing that was acknowledged', async (t) => {
  const box = await createLiveBox(t);
  const first = await box.start();
  const study = syntheticStudy({ seed: 3, slices: 12, rows: 128 });
  const acknowledged = new Set<string>();
  const sent = send(first.port, study, (index) => {
    acknowledged.add(study[index]?.datasetSha256 ?? '');
    if (acknowledged.size === 5) first.child.kill('SIGKILL');
  });
  await first.ended;
  await sent;
  assert.ok(acknowledged.size >= 5);
  const second = await box.start();
  const digests = new Set((await box.instances()).map(({ datasetSha256 }) => datasetSha256));
  assert.deepEqual(
    [...acknowledged].filter((digest) => !digests.has(digest)),
    [],
  );
  second.child.kill('SIGTERM');
  assert.equal(await second.ended, 0);
});

test('a running box shows an unknown caller, keeps its data to itself, and is verified and rebuilt', async (t) => {
  const box = await createLiveBox(t);
  const program = await box.start();
  const study = syntheticStudy({ seed: 5, slices: 3, rows: 64 });
  const [stranger] = await send(program.port, study, undefined, 'STRANGER');
  assert.equal(stranger?.kind, 'not-sent');
  const status = await ask<Status>(box.socket, '/v1/status');
  assert.equal(status?.counts.unknownCallers, 1);
  await send(program.port, study);
  const before = await box.instances(3);
  assert.equal(before.length, 3);
  const refused = await box.run('rebuild-index');
  assert.equal(refused.code, 69);
  assert.match(refused.output, new RegExp(String(program.child.pid)));
  program.child.kill('SIGTERM');
  await program.ended;

  const rebuilt = await box.run('rebuild-index', '--json');
  assert.equal((JSON.parse(rebuilt.output) as { instances: number }).instances, 3);
  await flipByte(join(box.dataDir, 'segments'));
  const verified = await box.run('verify', '--json');
  assert.equal(verified.code, 1);
  const { intact, changed } = JSON.parse(verified.output) as { intact: number; changed: number };
  assert.deepEqual({ intact, changed }, { intact: 2, changed: 1 });
});

test('a config with unknown keys and a taken port each end with one clear sentence', async (t) => {
  const box = await createLiveBox(t);
  await box.configure({ colour: 'blue', dicom: { host: 'localhost' } });
  const refused = await box.run('appliance');
  assert.equal(refused.code, 78);
  assert.match(refused.output, /colour/);
  assert.match(refused.output, /dicom\.host/);
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address);
  await box.configure({ dicom: { ...dicom, port: address.port } });
  const taken = await box.run('appliance');
  assert.equal(taken.code, 69);
  assert.match(taken.output, /Stop the program that has the port/);
});

function send(
  port: number,
  study: ReturnType<typeof syntheticStudy>,
  onStored: (index: number) => void = () => undefined,
  callingAeTitle = 'CT1',
) {
  return sendStudy(
    { host: '127.0.0.1', port, calledAeTitle: 'OUTPOST', callingAeTitle },
    study.map(({ part10 }) => part10),
    { signal: AbortSignal.timeout(20_000), onStored },
  );
}

/** One bit rots in the pixels of the first record of the first segment that has one. */
async function flipByte(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = await open(join(folder, name), 'r+');
    try {
      const { size } = await file.stat();
      if (size < 8_000) continue;
      const { buffer } = await file.read(new Uint8Array(1), 0, 1, 5_000);
      await file.write(Uint8Array.of((buffer[0] ?? 0) ^ 1), 0, 1, 5_000);
      return;
    } finally {
      await file.close();
    }
  }
}
