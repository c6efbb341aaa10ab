import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { alarms, makeBox } from '#test/faults/box.ts';
import { outcomeOf, RawPeer } from '#test/support/dimse-peer.ts';
import { repositoryDir } from '#test/support/source-tree.ts';

/** Runs `outpost ...` to its end. */
async function outpost(...args: readonly string[]) {
  const command = [join(repositoryDir, 'provisioning/outpost.ts'), ...args];
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, said };
}

async function call(t: TestContext, port: number, callingAeTitle: string, localAddress?: string) {
  const peer = await RawPeer.connect(port, localAddress);
  t.after(() => peer.close());
  return outcomeOf(await peer.associate({ callingAeTitle }));
}

test('an unknown device is turned away, shown, accepted by a named person, and known after a rebuild', async (t) => {
  const dicom = {
    ...{ host: '0.0.0.0', port: 0, aeTitles: ['OUTPOST'] },
    callers: [{ aeTitle: 'CT1', address: '127.0.0.1' }],
  };
  const box = await makeBox(t, { config: { dicom } });
  const first = await box.start();
  const port = Number((await first.program.ready)['port']);
  const modality = (...args: readonly string[]) =>
    outpost('modality', ...args, '--socket', box.socket);

  assert.equal(await call(t, port, 'NEW'), 'rejected 1/1/3');
  assert.equal(await call(t, port, 'CT1', '127.0.0.9'), 'accepted');
  assert.deepEqual(
    (await alarms(box)).filter((code) => /CALLER/.test(code)),
    ['UNKNOWN-CALLER', 'CALLER-MOVED'],
  );
  const listed = await modality('list');
  assert.match(listed.said, /^!! NEW +127\.0\.0\.1 +unknown .*\n!! CT1 +127\.0\.0\.9 +moved /);

  assert.equal((await modality('accept', 'NEW')).code, 64);
  const accepted = await modality('accept', 'NEW', '--by', 'TEST ALPHA');
  assert.equal(accepted.code, 0);
  assert.match(accepted.said, /^"NEW" at 127\.0\.0\.1 is accepted\.\n.*run "setup\.sh run" again/);
  assert.equal(await call(t, port, 'NEW'), 'accepted');
  const refused = await modality('refuse', 'CT1', '--address', '127.0.0.9', '--by', 'TEST BRAVO');
  assert.equal(refused.code, 0);
  assert.equal(await call(t, port, 'CT1', '127.0.0.9'), 'rejected 1/1/3');
  assert.equal(await call(t, port, 'CT1'), 'accepted');
  assert.deepEqual(
    (await alarms(box)).filter((code) => /CALLER/.test(code)),
    [],
  );
  await first.program.stop('SIGTERM');

  assert.equal((await outpost('rebuild-index', '--config', box.config)).code, 0);
  const again = await box.start();
  const newPort = Number((await again.program.ready)['port']);
  assert.equal(await call(t, newPort, 'NEW'), 'accepted');
  assert.equal(await call(t, newPort, 'CT1', '127.0.0.9'), 'rejected 1/1/3');
  assert.match((await modality('list')).said, /NEW .* known .* by TEST ALPHA\n/);
});

test('a box that does not run, and a wrong use, are told in one sentence each', async () => {
  const silent = await outpost('modality', 'list', '--socket', '/nowhere/box.sock');
  assert.equal(silent.code, 69);
  assert.match(silent.said, /Cannot ask the program at "\/nowhere\/box\.sock"/);
  assert.equal((await outpost('modality', 'dance')).code, 64);
});
