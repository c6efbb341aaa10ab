import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readBoxPeers, readCenterTickets } from '#sync/adapters/keys-file.ts';
import { base64url } from '#sync/core/bytes.ts';
import { type Failpoint, failpointNames, failpoints } from '#sync/core/failpoint.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { layOutSite } from '../demo/setup.ts';
import { repositoryDir } from '../support/source-tree.ts';

type Ceremony = Extract<keyof typeof failpoints, `${'key' | 'pairing'}-${string}`>;

test('a ceremony killed at each durable step, and typed again, ends as one that nobody disturbed', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'outpost-pairing-'));
  t.after(() => rm(root, { recursive: true }));
  const site = await layOutSite(root);
  const at = (...parts: readonly string[]): string => join(root, ...parts);
  const { config } = site;
  const killed = new Set<Failpoint>();

  /** Types a command, each time to be killed at the next step, and at last undisturbed. */
  async function type(
    command: readonly string[],
    ...files: readonly Ceremony[]
  ): Promise<Readonly<Record<string, unknown>>> {
    for (const file of files) {
      for (const step of failpoints[file]) {
        const { how } = await outpost(command, `${file}/${step}`);
        if (how === 'SIGKILL') killed.add(`${file}/${step}`);
        // A step that took effect before the kill may be refused the second time, in words.
        else assert.ok([0, 1, 65].includes(Number(how)), `${command.join(' ')} ended with ${how}`);
      }
    }
    const { output } = await outpost(command);
    return output.startsWith('{') ? (JSON.parse(output) as Record<string, unknown>) : {};
  }

  const initRelay = ['keys', 'init', 'relay', '--data', at('relay'), '--name', 'relay-1', '--json'];
  await type(initRelay, 'key-certificate');
  for (const name of ['tls.key', 'tls.crt', 'receipt.seed']) await stat(at('relay', 'keys', name));

  const receipt = base64url(signingKeyOf(new Uint8Array(32).fill(7)).publicKey);
  const relay = `relay-1,https://127.0.0.1:${site.relayPort},${base64url(new Uint8Array(32))},${receipt}`;
  const initCenter = [
    ...['keys', 'init', 'center', '--config', config.center, '--agent-config', config.centerAgent],
    ...['--name', 'DEMO CENTER', '--phone', '000', '--relay', relay, '--json'],
  ];
  const center = ['--config', config.center, '--json'];
  await type(initCenter, 'key-facts');
  for (const step of failpoints['key-list']) {
    // The list comes last: where it is, the keys are whole and are not made again.
    await rm(at('center', 'keys', 'center.keys'));
    assert.equal((await outpost(initCenter, `key-list/${step}`)).how, 'SIGKILL');
    killed.add(`key-list/${step}`);
    const isMade = (await outpost(['keys', 'list', ...center])).how === 0;
    assert.equal(isMade, step === 'renamed' || step === 'durable', `killed at key-list/${step}`);
    if (!isMade) await type(initCenter);
  }

  const box = ['--config', config.appliance, '--agent-config', config.boxAgent, '--json'];
  const card = at('stick', 'card.txt');
  await type(['pair', 'card', ...center, '--site', 'DEMO-01', '--out', card]);
  const request = await type(
    [
      ...['pair', 'request', ...box, '--card', card, '--site', 'DEMO-01', '--out', at('stick')],
      ...['--keys', at('center', 'keys', 'center.keys')],
    ],
    ...(['key-seed', 'pairing-request'] as const),
  );
  const granting = ['pair', 'grant', String(request['file']), ...center, '--out', at('stick')];
  const grant = await type(granting, 'pairing-letter');
  const words = (grant['words'] as readonly string[]).join(' ');
  // A record is written once for what changes it: this is the one that dies behind its last step.
  const confirm = ['pair', 'confirm', ...box, '--words', words];
  assert.equal((await outpost(confirm, 'pairing-record/durable')).how, 'SIGKILL');
  killed.add('pairing-record/durable');
  await type(confirm);
  const read = (request['words'] as readonly string[]).join(' ');
  await type(
    ['pair', 'confirm', ...center, '--words', read, '--out', at('stick')],
    'pairing-record',
  );
  // A kill between record and letter leaves the old grant on the stick: asked by its ticket, it is written again.
  const [ticket] = await readCenterTickets(at('center'));
  await type([...granting, '--ticket', ticket?.ticket ?? '']);
  await type(['pair', 'accept', String(grant['file']), ...box], 'pairing-record');

  const [peer, ...others] = await readBoxPeers(at('appliance'));
  assert.equal(others.length, 0);
  assert.equal(peer?.state, 'active');
  assert.deepEqual(
    (await readCenterTickets(at('center'))).map(({ state }) => state),
    ['active'],
  );
  assert.deepEqual(
    failpointNames.filter((name) => /^(key|pairing)-/.test(name) && !killed.has(name)),
    [],
    'each step was one where a command was killed',
  );
});

/** Runs one command line to its end; with a failpoint it dies there. */
async function outpost(
  args: readonly string[],
  failpoint?: Failpoint,
): Promise<{ readonly how: number | string; readonly output: string }> {
  const child = spawn(process.execPath, [join(repositoryDir, 'provisioning/outpost.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      ...process.env,
      NODE_COMPILE_CACHE: join(tmpdir(), 'outpost-compiled'),
      ...(failpoint && { OUTPOST_FAILPOINT: `${failpoint}:1` }),
    },
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => {
    output += data.toString();
  });
  const how = await new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown')),
  );
  return { how, output };
}
