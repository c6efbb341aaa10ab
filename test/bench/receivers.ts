import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Status } from '#appliance/api/contract.ts';
import { nodeFlags, programEnvironment } from '../../provisioning/plan/runtime.ts';
import { ask } from '../demo/socket-client.ts';
import { repositoryDir } from '../support/source-tree.ts';
import { type Command, type Server, startListening, startReady } from './process.ts';

/** A C-STORE receiver that stands for one measurement. */
export interface Receiver {
  readonly server: Server;
  /** Instances it holds by its own account. */
  held(): Promise<number>;
}

/** What is measured: how to start it with its data below `dir`, on a loopback port. */
export interface ReceiverKind {
  readonly subject: string;
  /** The command that must be installed; undefined = it is ours. */
  readonly peer: string | undefined;
  start(dir: string, port: number, profileDir: string | undefined): Promise<Receiver>;
}

export const calledAeTitle = 'OUTPOST';

export const outpost: ReceiverKind = {
  subject: 'outpost',
  peer: undefined,
  async start(dir, port, profileDir) {
    const { server, socket } = await startOutpostReceiver(dir, port, profileDir);
    const held = async () => (await ask<Status>(socket, '/v1/status'))?.counts.instances ?? 0;
    return { server, held };
  },
};

/** Our appliance with its data in `dir/data` and no center: what it takes stays unsealed. */
export async function startOutpostReceiver(
  dir: string,
  port: number,
  profileDir: string | undefined,
): Promise<{ readonly server: Server; readonly socket: string }> {
  const configPath = join(dir, 'appliance.json');
  const socket = join(dir, 'appliance.sock');
  await writeFile(configPath, JSON.stringify(applianceConfig(dir, socket, port)));
  const server = await startReady(applianceCommand(configPath, profileDir), join(dir, 'log'));
  return { server, socket };
}

export const storescp: ReceiverKind = {
  subject: 'storescp --bit-preserving',
  peer: 'storescp',
  async start(dir, port) {
    const data = join(dir, 'data');
    await mkdir(data);
    // Without --fork it serves one association at a time, as nobody would run it.
    const args = ['--fork', '--bit-preserving', '-aet', calledAeTitle, '-od', data, String(port)];
    return started(
      { command: 'storescp', args, env: { TCP_NODELAY: '1' } },
      dir,
      port,
      async () => (await readdir(data)).length,
    );
  },
};

export const orthanc: ReceiverKind = {
  subject: 'Orthanc',
  peer: 'Orthanc',
  async start(dir, port) {
    const configPath = join(dir, 'orthanc.json');
    const data = join(dir, 'data');
    await writeFile(configPath, JSON.stringify(orthancConfig(data, port)));
    // Attachments are files in folders named by the first two bytes of their UUID.
    const held = async () =>
      (await readdir(data, { recursive: true })).filter((name) => /[0-9a-f-]{36}$/.test(name))
        .length;
    return started(
      { command: 'Orthanc', args: [configPath], env: { TCP_NODELAY: '1' } },
      dir,
      port,
      held,
    );
  },
};

async function started(
  command: Command,
  dir: string,
  port: number,
  held: () => Promise<number>,
): Promise<Receiver> {
  const server = await startListening(command, join(dir, 'log'), port);
  return { server, held };
}

/** Our program as it is installed, with a profile of it when one is wanted. */
export function applianceCommand(configPath: string, profileDir: string | undefined): Command {
  const profile = profileDir ? ['--cpu-prof', '--cpu-prof-dir', profileDir] : [];
  return {
    command: process.execPath,
    env: { ...programEnvironment.appliance },
    args: [
      ...nodeFlags.appliance,
      ...profile,
      join(repositoryDir, 'provisioning/outpost.ts'),
      ...['appliance', '--config', configPath],
    ],
  };
}

function applianceConfig(dir: string, socket: string, port: number): unknown {
  return {
    format: 1,
    siteName: 'BENCH',
    boxName: 'bench',
    dataDir: join(dir, 'data'),
    spoolDir: join(dir, 'spool'),
    socket,
    zones: 'off',
    dicom: { host: '127.0.0.1', port, aeTitles: [calledAeTitle], callers: 'any' },
    reserveBytes: 0,
  };
}

/** The defaults of Orthanc, which sync every file, without its HTTP server. */
function orthancConfig(data: string, port: number): unknown {
  return {
    Name: 'BENCH',
    StorageDirectory: data,
    IndexDirectory: data,
    DicomAet: calledAeTitle,
    DicomPort: port,
    DicomAlwaysAllowStore: true,
    HttpServerEnabled: false,
    Plugins: [],
  };
}
