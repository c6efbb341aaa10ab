#!/usr/bin/env node
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { armFailpoint } from '#sync/adapters/failpoint-kill.ts';
import { versionOfOutpost } from '#sync/adapters/version.ts';
import { exitCode } from '#sync/core/exit.ts';

/** A command's entry: it gets the arguments behind its name and answers with the exit code. */
interface Entry {
  readonly main: (args: readonly string[]) => Promise<number>;
}

interface Command {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Entry>;
}

interface Group {
  readonly title: string;
  readonly commands: readonly Command[];
}

/** The only place that names the programs; each is loaded when it is asked for. */
const groups: readonly Group[] = [
  {
    title: 'The programs',
    commands: [
      {
        name: 'appliance',
        summary: 'take studies from the modalities, keep them safe, seal them (clinical zone)',
        load: () => import('#appliance/main.ts'),
      },
      {
        name: 'agent',
        summary: 'carry sealed packs between the spool and the relay (network zone)',
        load: () => import('#sync/agent-main.ts'),
      },
      {
        name: 'relay',
        summary: 'the blind mailbox of sealed packs',
        load: () => import('#sync/relay-main.ts'),
      },
      {
        name: 'center',
        summary: 'open packs, prove them, deliver to the PACS, send receipts and reports',
        load: () => import('#sync/center-main.ts'),
      },
    ],
  },
  {
    title: 'At a running box, for the people of the clinic',
    commands: [
      {
        name: 'tui',
        summary: 'the screen of the clinic; --plain or --json prints the list once',
        load: () => import('#tui/main.ts'),
      },
      {
        name: 'orders',
        summary: 'the worklist: list, add, change, cancel, bind a study, emergency',
        load: () => import('#appliance/commands/orders.ts'),
      },
      {
        name: 'identity',
        summary: 'studies that do not say whose they are: list, assign',
        load: () => import('#appliance/commands/identity.ts'),
      },
      {
        name: 'outside',
        summary: 'studies from CDs and sticks: list, bind to a patient, send',
        load: () => import('#appliance/commands/outside.ts'),
      },
      {
        name: 'import',
        summary: 'what the import folder took, what it set aside and why',
        load: () => import('#appliance/commands/import.ts'),
      },
      {
        name: 'study',
        summary: 'decisions about one study: reject, restore, discard, pin, a second image',
        load: () => import('#appliance/commands/study.ts'),
      },
      {
        name: 'modality',
        summary: 'devices: list those that called, accept, refuse, test one',
        load: () => import('#appliance/commands/modality.ts'),
      },
      {
        name: 'status',
        summary: 'how a running appliance or center is',
        load: () => import('#appliance/commands/status.ts'),
      },
    ],
  },
  {
    title: 'At a running center',
    commands: [
      {
        name: 'resend',
        summary: 'ask the box of a study for what is not delivered of it',
        load: () => import('#appliance/commands/resend.ts'),
      },
    ],
  },
  {
    title: 'Setting up, and a dead link',
    commands: [
      {
        name: 'keys',
        summary: 'make and list the keys of a center or a relay: init center|relay, list',
        load: () => import('#sync/commands/keys.ts'),
      },
      {
        name: 'pair',
        summary: 'the ceremony by files: card, request, grant, confirm, accept',
        load: () => import('#sync/commands/pair.ts'),
      },
      {
        name: 'estimate',
        summary: 'what a folder of studies would cost on the wire, by study and modality',
        load: () => import('#appliance/commands/estimate.ts'),
      },
      {
        name: 'courier',
        summary: 'sealed packs on a stick when the link is dead: export, import (network zone)',
        load: () => import('#sync/commands/courier.ts'),
      },
    ],
  },
  {
    title: 'What is stored',
    commands: [
      {
        name: 'export',
        summary: 'write it as plain DICOM files, with their digests',
        load: () => import('#appliance/commands/export.ts'),
      },
      {
        name: 'verify',
        summary: 'read every image again and compare its digest',
        load: () => import('#appliance/commands/verify.ts'),
      },
      {
        name: 'rebuild-index',
        summary: 'make the catalog anew from what is on the disk; the appliance must be stopped',
        load: () => import('#appliance/commands/rebuild.ts'),
      },
      {
        name: 'take-over',
        summary: 'take what a broken box holds from its disk; the appliance must be stopped',
        load: () => import('#appliance/commands/take-over.ts'),
      },
    ],
  },
];

const commands = groups.flatMap((group) => group.commands);

/** Runs one `outpost` command line (without `node` and the script) and answers with its exit code. */
export async function outpost(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(helpText());
    return name === undefined ? exitCode.usage : exitCode.ok;
  }
  if (name === '--version') {
    process.stdout.write(`outpost ${versionOfOutpost()}\n`);
    return exitCode.ok;
  }
  const command = commands.find((each) => each.name === name);
  if (!command) {
    process.stderr.write(
      `Cannot run "${name}": outpost has no such command. Run outpost --help to see them all.\n`,
    );
    return exitCode.usage;
  }
  armFailpoint(process.env['OUTPOST_FAILPOINT']);
  const entry = await command.load();
  return entry.main(rest);
}

function helpText(): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  const lines = groups.flatMap(({ title, commands: own }) => [
    `${title}:`,
    ...own.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
  ]);
  return `${[
    'outpost: the imaging box of a rural hospital',
    '',
    'Usage: outpost COMMAND [OPTIONS]     (outpost COMMAND --help tells more)',
    '',
    ...lines,
    'Exit codes: 0 done, 1 the answer is no, 64 usage, 65 unusable input, 69 not running,',
    '75 disk or database error (start again), 78 unusable config.',
  ].join('\n')}\n`;
}

const isStarted =
  process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url);
if (isStarted) process.exitCode = await outpost(process.argv.slice(2));
