import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAcceptedDevices } from '#provisioning/facts/devices.ts';
import { readKeyFacts } from '#provisioning/facts/keys.ts';
import { readMachine } from '#provisioning/facts/machine.ts';
import { type Answers, parseAnswers } from '#provisioning/plan/answers.ts';
import type { Machine } from '#provisioning/plan/machine.ts';
import type { Ran } from '#provisioning/ports.ts';
import { runProcess } from '#provisioning/steps/process.ts';
import { expectOk } from '#sync/core/result.ts';
import { freePort } from '../support/free-port.ts';
import { repositoryDir } from '../support/source-tree.ts';
import { answersOf, type Role } from './machines.ts';

export const setupSh = join(repositoryDir, 'provisioning/setup.sh');

/** An installation below a folder of its own. */
export interface Installation {
  readonly root: string;
  readonly stick: string;
  readonly answers: Answers;
  readonly port: number;
  /** Runs `setup.sh COMMAND` on it, with its answers. */
  setup(...args: readonly string[]): Promise<Ran>;
  /** The machine as setup sees it. */
  machine(): Promise<Machine>;
  remove(): Promise<void>;
}

/** Makes the folders and the answers; nothing is installed yet. `dicom` goes into the answers. Everybody may pass to the folder, as to `/`. */
export async function newInstallation(role: Role, dicom: object = {}): Promise<Installation> {
  const top = await mkdtemp(join(tmpdir(), 'outpost-root-'));
  await chmod(top, 0o755);
  const [root, stick] = [join(top, 'root'), join(top, 'stick')];
  for (const folder of [root, stick, join(top, 'root-key')]) await mkdir(folder, { mode: 0o755 });
  const port = await freePort();
  const relayPort = await freePort();
  const text = JSON.stringify({
    ...answersOf[role],
    ...(role !== 'center' && {
      dicom: { aeTitle: 'DEMOBOX', port, ...dicom },
      pairing: { folder: stick },
    }),
    ...(role !== 'box' && {
      center: {
        ...answersOf.center.center,
        rootKeyFolder: join(top, 'root-key'),
        reportScp: undefined,
      },
      relay: { id: 'relay-1', url: `https://127.0.0.1:${relayPort}`, port: relayPort },
    }),
  });
  const file = join(top, 'answers.json');
  await writeFile(file, text);
  const answers = expectOk(parseAnswers(text));
  const node = join(repositoryDir, 'node_modules/.bin/node');
  return {
    root,
    stick,
    answers,
    port,
    setup: (...args) => {
      // What follows "pair" is its own.
      const before = args[0] === 'pair' ? [] : args;
      const after = args[0] === 'pair' ? args : [];
      return runProcess([setupSh, '--root', root, '--answers', file, ...before, ...after]);
    },
    machine: async () => ({
      ...(await readMachine(root, { node, checkout: repositoryDir.replace(/\/$/, '') }, {})),
      keys: await readKeyFacts(root, answers),
      acceptedDevices: await readAcceptedDevices(root),
    }),
    remove: () => rm(top, { recursive: true, force: true }),
  };
}

/** Why setup cannot be tried for real here; undefined when it can. */
export async function reasonToSkip(needsRoot: boolean): Promise<string | false> {
  const software = { node: process.execPath, checkout: repositoryDir };
  const machine = await readMachine('/', software, {});
  if ((machine.debianVersion ?? 0) < 12) return 'setup is for Debian 12 or newer';
  if (machine.missingPackages.length > 0) {
    return `Debian packages are missing: ${machine.missingPackages.join(' ')}`;
  }
  if (machine.checkoutFault)
    return `this checkout cannot be installed from: ${machine.checkoutFault}`;
  return needsRoot && !machine.isRoot ? 'it changes users, so it needs root' : false;
}
