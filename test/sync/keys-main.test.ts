import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { base64url } from '#sync/core/bytes.ts';
import { exitCode } from '#sync/core/exit.ts';
import { main } from '#sync/keys-main.ts';

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
