import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSecureContext } from 'node:tls';
import { main } from '#sync/commands/keys.ts';
import { base64url } from '#sync/core/bytes.ts';
import { exitCode } from '#sync/core/exit.ts';

test('a receipt key that signs for anybody is refused before a key is made', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-keys-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const said: string[] = [];
  t.mock.method(process.stderr, 'write', (text: string) => said.push(text));
  const config = join(dir, 'center.json');
  const agentConfig = join(dir, 'agent.json');
  for (const path of [config, agentConfig]) {
    await writeFile(path, JSON.stringify({ dataDir: join(dir, 'data') }));
  }
  const spki = base64url(new Uint8Array(32).fill(1));
  const zeros = base64url(new Uint8Array(32));
  const relay = `relay-1,https://relay.example,${spki},${zeros}`;
  const code = await main([
    ...['init', 'center', '--name', 'DEMO CENTER', '--phone', '000', '--relay', relay],
    ...['--config', config, '--agent-config', agentConfig],
  ]);
  assert.equal(code, exitCode.data);
  assert.match(said.join(''), /RECEIPT/);
  assert.deepEqual((await readdir(dir)).sort(), ['agent.json', 'center.json']);
});

test('the pair of a DICOM door is made once and never replaced', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-keys-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  t.mock.method(process.stdout, 'write', () => true);
  t.mock.method(process.stderr, 'write', () => true);
  const init = (name: string) => main(['init', 'dicom', '--data', dir, '--name', name]);
  assert.equal(await init('not a title'), exitCode.data);
  assert.equal(await init('DEMOBOX'), exitCode.ok);
  const [key, certificate] = ['key', 'crt'].map((end) => join(dir, 'keys', `dicom-tls.${end}`));
  assert.ok(key && certificate);
  assert.equal((await stat(key)).mode & 0o777, 0o600);
  const before = await readFile(key, 'utf8');
  assert.equal(await init('DEMOBOX'), exitCode.data);
  assert.equal(await readFile(key, 'utf8'), before);
  createSecureContext({ key: before, cert: await readFile(certificate) });
});
