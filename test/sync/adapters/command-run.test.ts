import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { commandOptions, runCommand } from '#sync/adapters/command-run.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { type ExitCode, exitCode } from '#sync/core/exit.ts';

/** Runs a command that takes one word, with what it prints. */
async function run(
  t: TestContext,
  args: readonly string[],
  act: (word: string, isJson: boolean) => Promise<ExitCode> = async () => exitCode.ok,
) {
  const printed = { out: '', error: '' };
  t.mock.method(process.stdout, 'write', (text: string) => {
    printed.out += text;
    return true;
  });
  t.mock.method(process.stderr, 'write', (text: string) => {
    printed.error += text;
    return true;
  });
  try {
    const line = parseCommandLine('say', {
      ...{ args: [...args], allowPositionals: true, options: commandOptions },
    });
    const exit = await runCommand(line, {
      usage: 'outpost say WORD\n',
      orderOf: ({ positionals: [word] }) => word,
      run: act,
    });
    return { exit, ...printed };
  } finally {
    t.mock.restoreAll();
  }
}

test('help goes to standard output, a line that asks for nothing is answered on standard error', async (t) => {
  assert.deepEqual(await run(t, ['-h']), { exit: 0, out: 'outpost say WORD\n', error: '' });
  assert.deepEqual(await run(t, []), { exit: 64, out: '', error: 'outpost say WORD\n' });
  const unknown = await run(t, ['word', '--loud']);
  assert.equal(unknown.exit, 64);
  assert.match(
    unknown.error,
    /^Cannot understand the command line: .*Run outpost say --help\.\n$/s,
  );
});

test('what is asked for is done, and what the system throws is told', async (t) => {
  const done = await run(t, ['word', '--json'], async (word, isJson) => {
    assert.deepEqual([word, isJson], ['word', true]);
    return exitCode.no;
  });
  assert.equal(done.exit, 1);
  const broken = await run(t, ['word'], async () => {
    readFileSync('/nowhere/at/all');
    return exitCode.ok;
  });
  assert.equal(broken.exit, 75);
  assert.match(broken.error, /^Cannot finish: ENOENT.*Check the folder/s);
  const bug = run(t, ['word'], () => Promise.reject(new TypeError('a bug')));
  await assert.rejects(bug, /a bug/);
});
