import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import type { InstanceList, StudyList } from '#appliance/api/contract.ts';
import { ask } from '#test/demo/socket-client.ts';
import { repositoryDir } from './source-tree.ts';

/** The door of a live box unless its config says otherwise. */
export const liveDicom = {
  host: '127.0.0.1',
  port: 0,
  aeTitles: ['OUTPOST'],
  callers: [{ aeTitle: 'CT1' }],
};

/** A box in a folder of its own: the real program, started and ended by the test, and its commands. */
export async function createLiveBox(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'outpost-main-'));
  const children = new Set<ChildProcess>();
  t.after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  const socket = join(dir, 'box.sock');
  const config = join(dir, 'appliance.json');
  const dataDir = join(dir, 'data');
  const configure = (change: object) =>
    writeFile(
      config,
      JSON.stringify({
        format: 1,
        siteName: 'DEMO CLINIC',
        boxName: 'box 1',
        dataDir,
        spoolDir: join(dir, 'spool'),
        socket,
        zones: 'off',
        quietS: 1,
        reserveBytes: 0,
        dicom: liveDicom,
        ...change,
      }),
    );
  await configure({});

  function launch(...args: readonly string[]) {
    const command = [join(repositoryDir, 'provisioning/outpost.ts'), ...args, '--config', config];
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    const ended = new Promise<number | null>((resolve) => {
      child.once('close', (code) => {
        children.delete(child);
        resolve(code);
      });
    });
    return { child, ended };
  }

  return {
    dir,
    dataDir,
    socket,
    configure,
    /** Starts the appliance and waits until it serves. */
    start: async () => {
      const program = launch('appliance');
      program.child.stderr.resume();
      for await (const line of createInterface({ input: program.child.stdout })) {
        const { event, port } = JSON.parse(line) as { event: string; port: number };
        if (event !== 'ready') continue;
        program.child.stdout.resume();
        return { ...program, port };
      }
      throw new Error('The appliance ended before it was ready');
    },
    /** Runs a command to its end. */
    run: async (...args: readonly string[]) => {
      const { child, ended } = launch(...args);
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
      }
      return { code: await ended, output };
    },
    /** Runs a program of the box that kills itself at `failpoint`; returns the signal, or else its exit code. */
    die: (failpoint: string, ...args: readonly string[]): Promise<string | number | null> => {
      const command = [join(repositoryDir, 'provisioning/outpost.ts'), ...args, '--config', config];
      const env = { ...process.env, OUTPOST_FAILPOINT: `${failpoint}:1` };
      const child = spawn(process.execPath, command, { stdio: 'ignore', env });
      return new Promise((resolve) => {
        child.once('close', (code, signal) => resolve(signal ?? code));
      });
    },
    /** Runs a command that asks the running box; its socket is named for it. */
    command: async (...args: readonly string[]) => {
      const path = join(repositoryDir, 'provisioning/outpost.ts');
      const child = spawn(process.execPath, [path, ...args, '--socket', socket]);
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
      }
      const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
      return { code, output };
    },
    /** What is in the catalog once it holds `count`: it follows the answers to the modality by a moment. */
    instances: async (count = 0) => {
      for (let after = 0; ; ) {
        const held = (await ask<InstanceList>(socket, '/v1/instances'))?.instances ?? [];
        if (held.length >= count) return held;
        const list = await ask<StudyList>(socket, `/v1/studies?after=${after}&waitS=4`);
        if (!list) throw new Error(`The appliance holds ${held.length} of ${count} instances`);
        after = list.revision;
      }
    },
  };
}
