import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type TestContext, test } from 'node:test';
import { createClient } from '#tui/client.ts';
import { exportReport } from '#tui/client-export.ts';
import { printOnce } from '#tui/client-print.ts';
import { startFakeAppliance } from '../support/fake-appliance.ts';
import { empty, status, studies, study } from './samples.ts';

test('--plain prints every study once, in ASCII, without keys or cursor', async (t) => {
  const { client } = await openBox(t);
  const printed = await print(client, 'plain');
  assert.equal(printed.code, 0);
  const lines = printed.out.trimEnd().split('\n');
  assert.equal(lines.filter((line) => /TEST\^/.test(line)).length, studies.length);
  assert.match(printed.out, /1 study needs help: nobody knows whose it is\./);
  assert.doesNotMatch(printed.out, /Press|> {1,2}!!/);
  for (const line of lines) assert.match(line, /^[\x20-\x7e]{0,80}$/);
});

test('--json prints one object that is what the box said, without a character that acts', async (t) => {
  const name = 'TEST^\u009b31m\u5c71';
  const { client } = await openBox(t, [study(1, { patientName: name })]);
  const printed = await print(client, 'json');
  assert.equal(printed.out.trimEnd().split('\n').length, 1);
  assert.match(printed.out, /^[\x20-\x7e]*\n$/);
  const said = JSON.parse(printed.out);
  assert.equal(said.status.boxName, 'imaging box 07');
  assert.equal(said.studies[0].patientName, name);
});

test('without a box a print says so and exits with 69', async (t) => {
  const folder = await openFolder(t);
  const printed = await print(createClient(join(folder, 'none.sock')), 'plain');
  assert.equal(printed.code, 69);
  assert.equal(printed.out, '');
  assert.match(printed.error, /does not answer\. Wait two minutes/);
});

test('a report is written as a new file for this user only, and its place is told', async (t) => {
  const { client, folder } = await openBox(t);
  const target = join(folder, 'reports');
  const { signal } = new AbortController();
  const wanted = { reportId: 'r-1', accessionNumber: 'A2026/11 ../0009', version: 2 };
  const first = await exportReport(client, wanted, target, signal);
  assert.ok(first.ok);
  assert.equal(first.value, join(target, 'report-A2026-11-0009-v2.pdf'));
  assert.equal(await readFile(first.value, 'utf8'), '%PDF');
  assert.equal((await stat(first.value)).mode & 0o777, 0o600);
  await exportReport(client, wanted, target, signal);
  assert.deepEqual((await readdir(target)).sort(), [
    'report-A2026-11-0009-v2-2.pdf',
    'report-A2026-11-0009-v2.pdf',
  ]);
});

test('a report that cannot be written says where and why', async (t) => {
  const { client, folder } = await openBox(t);
  await writeFile(join(folder, 'file'), '');
  const { signal } = new AbortController();
  const wanted = { reportId: 'r-1', accessionNumber: '', version: 1 };
  const answer = await exportReport(client, wanted, join(folder, 'file'), signal);
  assert.ok(!answer.ok);
  assert.match(answer.fault.message, /^Cannot write into the folder ".*file": E(EXIST|NOTDIR)$/);
});

test('the program: help, wrong use, wrong config and a pipe each end with a clear answer', async (t) => {
  if ('Deno' in globalThis) {
    t.skip('the program runs on Node');
    return;
  }
  const { folder, socket } = await openBox(t);
  const config = join(folder, 'tui.json');
  await writeFile(config, '{"format": 1, "socket": "here", "colour": true}');
  const [help, wrong, refused, missing, piped] = await Promise.all([
    run(['--help']),
    run(['--colour']),
    run(['--config', config]),
    run(['--config', join(folder, 'none.json')]),
    run(['--socket', socket]),
  ]);
  assert.equal(help.code, 0);
  assert.match(help.out, /^Usage: outpost tui/);
  assert.equal(wrong.code, 64);
  assert.match(wrong.error, /--colour/);
  assert.equal(refused.code, 78);
  assert.match(refused.error, /socket: must be an absolute path[\s\S]*colour/);
  assert.equal(missing.code, 78);
  assert.equal(piped.code, 0);
  assert.match(piped.out, /TEST\^ALPHA/);
});

async function openFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'outpost-tui-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function openBox(t: TestContext, rows = studies) {
  const folder = await openFolder(t);
  const socket = join(folder, 'box.sock');
  const box = await startFakeAppliance(socket, {
    status: status(),
    studies: rows,
    details: new Map(),
    documents: new Map([
      ['r-1', { type: 'application/pdf', bytes: new TextEncoder().encode('%PDF') }],
    ]),
  });
  t.after(() => box.stop());
  return { client: createClient(socket), folder, socket };
}

async function print(client: ReturnType<typeof createClient>, form: 'plain' | 'json') {
  const said = { out: '', error: '' };
  const code = await printOnce(client, empty(), form, {
    out: (text) => {
      said.out += text;
    },
    error: (text) => {
      said.error += text;
    },
  });
  return { ...said, code };
}

/** Runs `main` as its own process, its output a pipe. */
function run(args: readonly string[]) {
  const program = `
    const { main } = await import(${JSON.stringify(new URL('../../tui/main.ts', import.meta.url))});
    process.exitCode = await main(process.argv.slice(1));`;
  return new Promise<{ code: number; out: string; error: string }>((resolve) => {
    const all = ['--input-type=module', '-e', program, '--', ...args];
    execFile(process.execPath, all, (cause, out, error) => {
      resolve({ code: typeof cause?.code === 'number' ? cause.code : 0, out, error });
    });
  });
}
