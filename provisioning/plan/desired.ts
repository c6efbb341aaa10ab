import { type Accounts, accountsOf, spoolGroup, sysusersText } from './accounts.ts';
import type { Answers } from './answers.ts';
import { firewallText } from './firewall.ts';
import { folders, runFolders } from './folders.ts';
import { keyResources } from './keys.ts';
import type { Machine } from './machine.ts';
import { configDir, type Program, programsOf } from './programs.ts';
import type { Resource } from './resources.ts';
import { unitText } from './unit.ts';
import { emptyResolver, filesOnly, firewallPath, firewallUnitOf, unitOf } from './units.ts';

export const answersPath = `${configDir}/setup.json`;
const unitDir = '/etc/systemd/system';
const sysusersPath = '/etc/sysusers.d/outpost.conf';
const tmpfilesPath = '/etc/tmpfiles.d/outpost.conf';
const commandPath = '/usr/local/bin/outpost';

const firewallWhy = 'who may talk to whom; for a device that is accepted later run setup again';

/** Everything that shall be so on this machine, in the order in which it is made. Pure and deterministic. */
export function desiredOf(answers: Answers, machine: Machine): readonly Resource[] {
  const accounts = accountsOf(answers, machine);
  const programs = programsOf(answers, machine.keys.centerRoot);
  return [
    ...accountResources(accounts),
    folder('/etc/outpost', 0o755, 'holds one config file a program'),
    file(
      answersPath,
      `${JSON.stringify(answers, null, 2)}\n`,
      'the answers, for the next run',
      0o600,
    ),
    ...folders(answers),
    ...programs.map(configFile),
    ...keyResources(answers, machine),
    ...softwareFiles(machine, answers),
    file(firewallPath, firewallText(answers, accounts, machine), firewallWhy, 0o644),
    ...unitResources(programs, answers, machine),
    ...services(programs, machine),
  ];
}

/** What uninstall removes: all that setup can write again. Data, keys, configs and accounts stay. */
export function removablePaths(answers: Answers): readonly string[] {
  const units = [firewallUnitOf().name, ...programsOf(answers, undefined).map(({ unit }) => unit)];
  return [
    ...units.flatMap((name) => [
      `${unitDir}/multi-user.target.wants/${name}`,
      `${unitDir}/${name}`,
    ]),
    firewallPath,
    tmpfilesPath,
    commandPath,
    emptyResolver,
    filesOnly,
  ];
}

/** The units of the role, the firewall first. */
export function unitNames(answers: Answers): readonly string[] {
  return [firewallUnitOf().name, ...programsOf(answers, undefined).map(({ unit }) => unit)];
}

function accountResources(accounts: Accounts): readonly Resource[] {
  const names = [...accounts.users.map(({ name }) => name), spoolGroup];
  return [
    folder('/etc/sysusers.d', 0o755, 'holds the list of accounts'),
    file(sysusersPath, sysusersText(accounts), 'one user a program, none may log in', 0o644),
    { kind: 'accounts', path: sysusersPath, names, why: 'each program runs under its own user' },
  ];
}

function configFile(program: Program): Resource {
  const { configPath, config, account, waitsFor } = program;
  return {
    ...file(
      configPath,
      config && `${JSON.stringify(config, null, 2)}\n`,
      `config of ${program.command}`,
      0o640,
    ),
    group: account,
    ...(config === undefined && waitsFor && { waitsFor }),
  };
}

function softwareFiles(machine: Machine, answers: Answers): readonly Resource[] {
  const launcher = [
    '#!/bin/sh',
    '# Written by Outpost setup.',
    `exec ${machine.node} ${machine.checkout}/provisioning/outpost.ts "$@"`,
    '',
  ].join('\n');
  const run = runFolders(answers).map(
    ({ path, mode, owner, group }) => `d ${path} ${mode.toString(8)} ${owner} ${group}`,
  );
  return [
    folder('/usr/share/outpost', 0o755, 'files that every zone may read'),
    file(emptyResolver, '', 'the clinical zone has no name service', 0o644),
    file(filesOnly, 'passwd: files\ngroup: files\nhosts: files\n', 'names from files only', 0o644),
    folder('/etc/tmpfiles.d', 0o755, 'holds the list of folders made at each start'),
    file(
      tmpfilesPath,
      `# Written by Outpost setup.\n${run.join('\n')}\n`,
      'sockets at each start',
      0o644,
    ),
    folder('/usr/local/bin', 0o755, 'holds commands'),
    file(commandPath, launcher, 'the outpost command', 0o755),
  ];
}

function unitResources(
  programs: readonly Program[],
  answers: Answers,
  machine: Machine,
): readonly Resource[] {
  const units = [firewallUnitOf(), ...programs.map((each) => unitOf(each, answers, machine))];
  return [
    folder(`${unitDir}/multi-user.target.wants`, 0o755, 'holds what starts with the machine'),
    ...units.flatMap((unit): readonly Resource[] => [
      file(`${unitDir}/${unit.name}`, unitText(unit), 'a service in its zone', 0o644),
      {
        kind: 'link',
        path: `${unitDir}/multi-user.target.wants/${unit.name}`,
        target: `../${unit.name}`,
        why: 'it starts with the machine',
      },
    ]),
  ];
}

/** Services run on the machine itself only, and only where systemd is process 1. */
function services(programs: readonly Program[], machine: Machine): readonly Resource[] {
  if (machine.root !== '/' || !machine.hasSystemd) return [];
  return [firewallUnitOf().name, ...programs.map(({ unit }) => unit)].map((unit) => ({
    kind: 'service',
    unit,
    why: 'it runs, with the files as they are now',
  }));
}

function folder(path: string, mode: number, why: string): Resource {
  return { kind: 'folder', path, owner: 'root', group: 'root', mode, why };
}

function file(
  path: string,
  text: string | undefined,
  why: string,
  mode: number,
): Extract<Resource, { kind: 'file' }> {
  return { kind: 'file', path, owner: 'root', group: 'root', mode, text, why };
}
