import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type Program, startProgram } from './program.ts';
import type { Site } from './setup.ts';

export const pacsKinds = ['storescp', 'orthanc', 'own'] as const;
export type PacsKind = (typeof pacsKinds)[number];

interface Command {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * Starts the PACS of the demo: `wanted`, or `storescp --bit-preserving` of DCMTK where it is installed, else Orthanc,
 * else an SCP of the demo's own. Each keeps every object as a Part 10 file below `site.pacsDir`.
 */
export async function startPacs(site: Site, wanted: PacsKind | undefined): Promise<string> {
  const kind =
    wanted ?? (isInstalled('storescp') ? 'storescp' : isInstalled('Orthanc') ? 'orthanc' : 'own');
  const { name, command, args } = commandOf(kind, site);
  await untilListening(site.pacsPort, startProgram('pacs', command, args, site.logDir));
  return name;
}

function commandOf(kind: PacsKind, site: Site): Command {
  const port = String(site.pacsPort);
  switch (kind) {
    case 'storescp':
      return {
        name: 'storescp (DCMTK)',
        command: 'storescp',
        args: ['--bit-preserving', '--accept-all', '--promiscuous', '-od', site.pacsDir, port],
      };
    case 'orthanc': {
      const configPath = join(site.root, 'etc', 'orthanc.json');
      writeFileSync(configPath, orthancConfig(site));
      return { name: 'Orthanc', command: 'Orthanc', args: [configPath] };
    }
    case 'own':
      return {
        name: 'a PACS of the demo',
        command: process.execPath,
        args: [join(import.meta.dirname, 'pacs-own.ts'), site.pacsDir, port],
      };
  }
}

function orthancConfig(site: Site): string {
  return JSON.stringify({
    Name: 'PACS',
    StorageDirectory: site.pacsDir,
    IndexDirectory: site.pacsDir,
    DicomAet: 'PACS',
    DicomPort: site.pacsPort,
    DicomCheckCalledAet: false,
    DicomAlwaysAllowStore: true,
    UnknownSopClassAccepted: true,
    AcceptedTransferSyntaxes: ['1.2.840.10008.1.*'],
    HttpServerEnabled: false,
    Plugins: [],
  });
}

function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

async function untilListening(port: number, program: Program): Promise<void> {
  while (program.isRunning()) {
    if (await isOpen(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('The PACS ended before it listened; see pacs.log');
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
