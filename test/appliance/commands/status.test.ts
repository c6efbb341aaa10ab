import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { main } from '#appliance/commands/status.ts';

/** The exit code of `outpost status` when the program answers with `answer`; what it prints is dropped. */
async function exitOf(t: TestContext, answer: unknown): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-status-'));
  const server = createServer((_asked, response) => response.end(JSON.stringify(answer)));
  const socket = join(folder, 'program.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const printed = t.mock.method(process.stdout, 'write', () => true);
  try {
    return await main(['--socket', socket]);
  } finally {
    printed.mock.restore();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  }
}

test('the status of a center is well without alarms, and not with one', async (t) => {
  assert.equal(await exitOf(t, { name: 'READING CENTER', alarms: [] }), 0);
  const alarm = { code: 'PACS-DOWN', message: 'It is down', next: 'Check it' };
  assert.equal(await exitOf(t, { name: 'READING CENTER', alarms: [alarm] }), 1);
});

test('an answer of another version is not taken for a good one', async (t) => {
  assert.equal(await exitOf(t, { name: 'READING CENTER' }), 1);
});
