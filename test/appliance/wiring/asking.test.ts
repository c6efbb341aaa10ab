import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { askingOptions, misused, runAsking } from '#appliance/wiring/asking.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { fail, ok } from '#sync/core/result.ts';

/** A program whose API answers every request so, on the socket that comes back. */
async function programThat(t: TestContext, status: number, body: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-asking-'));
  const server = createServer((_asked, response) => response.writeHead(status).end(body));
  const socket = join(folder, 'program.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.after(async () => {
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });
  return socket;
}

/** What a command that asks for `/v1/thing` says, and its exit code. */
async function run(t: TestContext, ...args: readonly string[]) {
  let [out, err] = ['', ''];
  const keep = [
    t.mock.method(process.stdout, 'write', (text: string) => {
      out += text;
      return true;
    }),
    t.mock.method(process.stderr, 'write', (text: string) => {
      err += text;
      return true;
    }),
  ];
  const config = { args: [...args], options: askingOptions, allowPositionals: true };
  try {
    const exit = await runAsking(
      'usage\n',
      parseCommandLine('thing', config),
      async (line, ask) => {
        if (line.positionals.length > 0) return fail(misused('Cannot tell', 'Run outpost --help'));
        const answer = await ask('/v1/thing');
        return answer.ok ? ok({ text: 'It is so.\n', value: answer.value }) : answer;
      },
    );
    return { exit, out, err };
  } finally {
    for (const each of keep) each.mock.restore();
  }
}

test('an answer is told in words, or as it came with --json', async (t) => {
  const socket = await programThat(t, 200, '{"a":1}');
  assert.deepEqual(await run(t, '--socket', socket), { exit: 0, out: 'It is so.\n', err: '' });
  const asJson = await run(t, '--json', '--socket', socket);
  assert.deepEqual(asJson, { exit: 0, out: '{"a":1}\n', err: '' });
});

test('a no of the program ends with 1 and cannot act on the terminal', async (t) => {
  const no = { code: 'NOT-FOUND', message: 'It is \u001b[2Jgone', next: 'Look again' };
  const socket = await programThat(t, 404, JSON.stringify(no));
  const said = await run(t, '--socket', socket);
  assert.equal(said.exit, 1);
  assert.equal(said.out, '');
  assert.match(said.err, /^It is [^\p{Cc}]*gone\. Look again\.\n$/u);
  assert.deepEqual(await run(t, '--json', '--socket', socket), {
    ...{ exit: 1, err: '', out: `${JSON.stringify(no)}\n` },
  });
});

test('what is no answer of this API ends with 1', async (t) => {
  for (const [status, body] of [
    [200, 'no JSON'],
    [500, '{}'],
    [502, ''],
  ] as const) {
    const said = await run(t, '--socket', await programThat(t, status, body));
    assert.equal(said.exit, 1, body);
    assert.match(said.err, /cannot be read/);
  }
});

test('a program that does not run ends with 69, a wrong use with 64, help with 0', async (t) => {
  const silent = await run(t, '--socket', '/nowhere/program.sock');
  assert.equal(silent.exit, 69);
  assert.match(silent.err, /^Cannot ask the program at "\/nowhere\/program\.sock": .*\n$/);
  assert.equal((await run(t, '--nonsense')).exit, 64);
  assert.equal((await run(t, 'dance')).exit, 64);
  assert.deepEqual(await run(t, 'dance', '-h'), { exit: 0, out: 'usage\n', err: '' });
});
