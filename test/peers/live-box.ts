import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { repositoryDir } from '#test/support/source-tree.ts';

/** A live `outpost appliance` for peers that nobody here wrote. */
export type LiveBox = Awaited<ReturnType<typeof startBox>>;

/** Starts an appliance in a folder of its own; `config` changes what it is given. */
export async function startBox(t: TestContext, config: object = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-peers-'));
  const running = new Set<ChildProcess>();
  t.after(async () => {
    for (const child of running) child.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  const socket = join(dir, 'box.sock');
  const configFile = join(dir, 'appliance.json');
  const whole = {
    ...{ format: 1, siteName: 'DEMO CLINIC', boxName: 'box 1', zones: 'off' },
    ...{ dataDir: join(dir, 'data'), spoolDir: join(dir, 'spool'), socket },
    ...{ quietS: 1, reserveBytes: 0 },
    dicom: { host: '127.0.0.1', port: 0, aeTitles: ['OUTPOST'], callers: 'any' },
    ...config,
  };
  await writeFile(configFile, JSON.stringify(whole));

  async function start(): Promise<{
    readonly ready: Readonly<Record<string, unknown>>;
    readonly stop: () => Promise<number | null>;
  }> {
    const program = join(repositoryDir, 'provisioning/outpost.ts');
    const child = spawn(process.execPath, [program, 'appliance', '--config', configFile], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.add(child);
    const ended = new Promise<number | null>((resolve) => {
      child.once('close', (code) => {
        running.delete(child);
        resolve(code);
      });
    });
    const stop = (): Promise<number | null> => {
      child.kill('SIGTERM');
      return ended;
    };
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line) as Record<string, unknown>;
      if (event['event'] !== 'ready') continue;
      child.stdout.resume();
      return { ready: event, stop };
    }
    throw new Error('The appliance ended before it was ready');
  }

  const first = await start();
  return {
    dir,
    socket,
    configFile,
    port: Number(first.ready['port']),
    ready: first.ready,
    stop: first.stop,
    start,
    /** One request to the local API: status and JSON. */
    api: (method: string, path: string, body?: unknown) => call(socket, method, path, body),
  };
}

function call(
  socketPath: string,
  method: string,
  path: string,
  body: unknown,
): Promise<{ readonly status: number; readonly json: unknown }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const asked = request({ socketPath, path, method, headers, timeout: 30_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, json: JSON.parse(text || 'null') }),
      );
    });
    asked.once('timeout', () => asked.destroy(new Error('no answer within 30 s')));
    asked.once('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Runs a peer's program; its exit code and all that it printed. */
export function runPeer(
  command: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000 });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('latin1').on('data', (text: string) => {
        output += text;
      });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}
