import { spoolGroup } from './accounts.ts';
import { type Answers, boxOf, centerOf } from './answers.ts';
import { always, capabilities, hardening } from './hardening.ts';
import { dataDir, type Program } from './programs.ts';
import { memoryMiB, nodeFlags, programEnvironment } from './runtime.ts';
import type { Directive, Unit } from './unit.ts';

const firewallUnit = 'outpost-firewall.service';
export const firewallPath = '/etc/outpost/outpost.nft';
export const emptyResolver = '/usr/share/outpost/empty-resolv.conf';
export const filesOnly = '/usr/share/outpost/nsswitch-files';

/** Node and the checkout that ExecStart names. */
export interface Software {
  readonly node: string;
  readonly checkout: string;
}

/** The unit of one program in its zone (zones design). */
export function unitOf(program: Program, answers: Answers, software: Software): Unit {
  const command = [
    software.node,
    ...nodeFlags[program.command],
    `${software.checkout}/provisioning/outpost.ts`,
    program.command,
    '--config',
    program.configPath,
  ].join(' ');
  const zone = zoneOf(program, answers);
  return {
    name: program.unit,
    unit: [
      ['Description', `Outpost ${program.command}: ${descriptions[program.command]}`],
      ['Requires', firewallUnit],
      ['After', `${firewallUnit} network.target`],
      ['StartLimitIntervalSec', '0'],
      ...(program.command === 'tui' ? tuiUnit : []),
    ],
    service: [
      ...always,
      ['ExecStart', command],
      ...environmentOf(program),
      ['User', program.account],
      ['Group', program.account],
      ...zone,
      ...hardening.filter(([key]) => !zone.some(([own]) => own === key)),
    ],
    install: [['WantedBy', 'multi-user.target']],
  };
}

function environmentOf({ command }: Program): readonly Directive[] {
  return Object.entries(programEnvironment[command]).map(
    ([name, value]): Directive => ['Environment', `${name}=${value}`],
  );
}

/** Loads Outpost's own table before any program starts, and nothing else of the machine's rules. */
export function firewallUnitOf(): Unit {
  return {
    name: firewallUnit,
    unit: [
      ['Description', 'Outpost firewall: who may talk to whom'],
      ['DefaultDependencies', 'no'],
      ['Wants', 'network-pre.target'],
      ['Before', 'network-pre.target shutdown.target'],
      ['Conflicts', 'shutdown.target'],
      // A flush of the machine's own rules takes our table with it.
      ['After', 'systemd-sysusers.service nftables.service'],
      ['PartOf', 'nftables.service'],
    ],
    service: [
      ['Type', 'oneshot'],
      ['RemainAfterExit', 'yes'],
      ['ExecStart', `/usr/sbin/nft -f ${firewallPath}`],
      ['ExecReload', `/usr/sbin/nft -f ${firewallPath}`],
      ['ExecStop', '/usr/sbin/nft delete table inet outpost'],
      ['CapabilityBoundingSet', 'CAP_NET_ADMIN'],
      ['RestrictAddressFamilies', 'AF_NETLINK AF_UNIX'],
      ['IPAddressDeny', 'any'],
      ...hardening.filter(
        ([key, value]) =>
          // nft reads /proc/sys, and needs what @privileged holds: netlink with CAP_NET_ADMIN.
          key !== 'ProcSubset' && !value.startsWith('~@privileged'),
      ),
    ],
    install: [['WantedBy', 'multi-user.target']],
  };
}

const descriptions: Readonly<Record<Program['command'], string>> = {
  appliance: 'takes, keeps and seals studies (clinical zone)',
  agent: 'carries sealed packs (network zone)',
  tui: 'the screen of the clinic',
  relay: 'the blind mailbox of sealed packs (network zone)',
  center: 'opens, proves and delivers studies (clinical zone)',
};

/** The screen takes the place of the login prompt on the first console. */
const tuiUnit: readonly Directive[] = [
  ['Conflicts', 'getty@tty1.service'],
  ['After', 'getty@tty1.service'],
];

/** No resolver: peers are addresses, never names. */
const noResolver: Directive = [
  'BindReadOnlyPaths',
  `${emptyResolver}:/etc/resolv.conf ${filesOnly}:/etc/nsswitch.conf`,
];
const hidden: Directive = ['TemporaryFileSystem', '/var/lib:ro /run:ro /home:ro /media:ro /mnt:ro'];
const managerSockets: Directive = [
  'BindReadOnlyPaths',
  '-/run/systemd/notify -/run/systemd/journal',
];
const internet: Directive = ['RestrictAddressFamilies', 'AF_INET AF_INET6 AF_UNIX AF_NETLINK'];
const lanOnly: Directive = ['RestrictAddressFamilies', 'AF_INET AF_INET6 AF_UNIX'];

function zoneOf(program: Program, answers: Answers): readonly Directive[] {
  const { place } = program;
  switch (program.command) {
    case 'appliance':
      return [
        ['SupplementaryGroups', spoolGroup],
        hidden,
        ['BindPaths', `${dataDir}/appliance ${place.spoolDir} ${place.runDir}`],
        managerSockets,
        noResolver,
        lanOnly,
        ['IPAddressDeny', 'any'],
        // Filters both ways: the LAN must get in. New connections outwards are the output chain's matter.
        [
          'IPAddressAllow',
          ['127.0.0.1', ...answers.network.lan, ...destinationsOf(answers)].join(' '),
        ],
        ...memory(program.command),
        ...capabilities(false),
      ];
    case 'center':
      return [
        ['SupplementaryGroups', spoolGroup],
        hidden,
        ['BindPaths', centerPaths(program, answers).join(' ')],
        managerSockets,
        noResolver,
        lanOnly,
        ['IPAddressDeny', 'any'],
        ['IPAddressAllow', ['127.0.0.1', ...answers.network.lan, ...pacsOf(answers)].join(' ')],
        ...memory(program.command),
        ...capabilities(false),
      ];
    case 'agent':
      return [
        ['SupplementaryGroups', spoolGroup],
        hidden,
        ['BindPaths', `${place.agentDir} ${place.spoolDir}/in`],
        ['BindReadOnlyPaths', `${place.spoolDir}/out`],
        ['BindReadOnlyPaths', '-/run/systemd/resolve -/run/systemd/notify -/run/systemd/journal'],
        internet,
        ...memory(program.command),
        ...capabilities(false),
      ];
    case 'relay':
      return [
        hidden,
        ['BindPaths', `${dataDir}/relay`],
        managerSockets,
        lanOnly,
        ...memory(program.command),
        ...capabilities((centerOf(answers)?.relay.port ?? 1024) < 1024),
      ];
    case 'tui':
      return tuiZone(place.runDir);
  }
}

function tuiZone(runDir: string): readonly Directive[] {
  return [
    ['StandardInput', 'tty-force'],
    ['StandardOutput', 'tty'],
    ['StandardError', 'journal'],
    ['TTYPath', '/dev/tty1'],
    ['TTYReset', 'yes'],
    ['TTYVHangup', 'yes'],
    ['TTYVTDisallocate', 'yes'],
    ['Environment', 'TERM=linux'],
    hidden,
    ['BindPaths', `${dataDir}/tui`],
    ['BindReadOnlyPaths', runDir],
    ['PrivateNetwork', 'yes'],
    ['RestrictAddressFamilies', 'AF_UNIX'],
    ['IPAddressDeny', 'any'],
    // The console is a device; DevicePolicy stays closed but for it.
    ['PrivateDevices', 'no'],
    ['DeviceAllow', '/dev/tty1 rw'],
    ...memory('tui'),
    ...capabilities(false),
  ];
}

/** Above `high` a service is slowed, above `max` it is ended and starts again. */
function memory(command: Program['command']): readonly Directive[] {
  const { high, max } = memoryMiB[command];
  return [
    ['MemoryHigh', `${high}M`],
    ['MemoryMax', `${max}M`],
    ['MemorySwapMax', '0'],
  ];
}

function centerPaths({ place }: Program, answers: Answers): readonly string[] {
  const { reportFolder, deliveryFolder } = centerOf(answers)?.center ?? {};
  const folders = [reportFolder, deliveryFolder].filter((each) => each !== undefined);
  return [`${dataDir}/center`, place.spoolDir, place.runDir, ...folders];
}

function pacsOf(answers: Answers): readonly string[] {
  const host = centerOf(answers)?.center.delivery?.host;
  return host === undefined ? [] : [host];
}

/** Where the box sends by itself, which may be beyond the LAN. */
function destinationsOf(answers: Answers): readonly string[] {
  return [...new Set(boxOf(answers)?.destinations.map(({ address }) => address))];
}
