import { z } from 'zod';
import type { AccountName, Accounts } from './accounts.ts';
import { type Answers, boxOf, centerOf } from './answers.ts';
import type { Machine } from './machine.ts';
import { type Peers, peersOf } from './peers.ts';
import { isUnprivileged } from './programs.ts';

const privateRanges4 =
  '{ 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, 169.254.0.0/16 }';
const privateRanges6 = '{ fc00::/7, fe80::/10 }';

/**
 * The nftables file (nft(8)). It replaces Outpost's own table in one transaction and never flushes the ruleset. Users
 * are numbers, so it loads before any name service. A box drops what is not listed, in both directions; a center,
 * which may be a server with other duties, binds Outpost's users and ports only.
 */
export function firewallText(
  answers: Answers,
  accounts: Accounts,
  machine: Pick<Machine, 'users' | 'keys' | 'acceptedDevices'>,
): string {
  const isBox = answers.role === 'box';
  const relays = relayEnds(answers, machine.keys.relayUrls);
  const pacs = centerOf(answers)?.center.delivery;
  const peers = peersOf(answers, machine.acceptedDevices);
  const sets = [
    setText('clinic_lan', 'ipv4_addr', answers.network.lan),
    pairSet('dicom_peers', peers.named),
    pairSet('accepted_devices', peers.accepted),
    setText('relays4', 'ipv4_addr', relays.v4),
    setText('relays6', 'ipv6_addr', relays.v6),
    dynamicSet('dicom_new', 'timeout 1m'),
    dynamicSet('dicom_open', ''),
  ];
  const output = [
    'ct state established,related accept',
    ...uid(accounts, 'outpost-appliance', (id) => applianceOut(id, answers, peers)),
    ...uid(accounts, 'outpost-center', (id) => [
      ...(pacs ? [`meta skuid ${id} ip daddr ${pacs.host} tcp dport ${pacs.port} accept`] : []),
    ]),
    ...clinicalReject(accounts),
    ...uid(accounts, 'outpost-agent', (id) => agentOut(id, relays.ports)),
    ...uid(accounts, 'outpost-relay', (id) => [`meta skuid ${id} counter reject`]),
    ...(isBox ? machineOut(machine.users) : []),
  ];
  return [
    '# Written by Outpost setup. Only the table "outpost" is ours.',
    'table inet outpost',
    'delete table inet outpost',
    'table inet outpost {',
    ...sets,
    ...redirections(answers),
    chainText('input', isBox, inputRules(answers)),
    ...(isBox ? [chainText('forward', true, [])] : []),
    chainText('output', isBox, output),
    '}',
    '',
  ].join('\n');
}

/** Ports below 1024 of a PACS that the box replaces: the program behind them needs no privilege. */
function redirections(answers: Answers): readonly string[] {
  const box = boxOf(answers)?.dicom;
  const low = (box?.morePorts ?? []).filter((each) => !isUnprivileged(each));
  if (!box || low.length === 0) return [];
  return [
    blockText('chain prerouting', [
      'type nat hook prerouting priority dstnat; policy accept;',
      `ip saddr @clinic_lan tcp dport { ${low.join(', ')} } redirect to :${box.port}`,
    ]),
  ];
}

function inputRules(answers: Answers): readonly string[] {
  const box = boxOf(answers)?.dicom;
  const more = (box?.morePorts ?? []).filter(isUnprivileged);
  const boxPorts = box ? [box.port, ...more, box.tls?.port] : [];
  const dicom = [...boxPorts, centerOf(answers)?.center.reportScp?.port].filter(
    (each) => each !== undefined,
  );
  const relayPort = centerOf(answers)?.relay.port;
  const orders = boxOf(answers)?.orders;
  const ports = dicom.length > 0 ? `tcp dport { ${dicom.join(', ')} }` : undefined;
  const opensFew =
    'ip saddr @clinic_lan ct state new add @dicom_open { ip saddr ct count over 64 } counter reject with tcp reset';
  const opensSlowly =
    'ip saddr @clinic_lan ct state new add @dicom_new { ip saddr limit rate over 20/second burst 60 packets } counter drop';
  return [
    'iif "lo" accept',
    'ct state established,related accept',
    'ct state invalid drop',
    'icmp type echo-request limit rate 5/second accept',
    'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept',
    'udp sport 67 udp dport 68 accept',
    ...(ports
      ? [
          `${ports} ${opensFew}`,
          `${ports} ${opensSlowly}`,
          `${ports} ip saddr @clinic_lan accept`,
          `${ports} counter drop`,
        ]
      : []),
    ...(orders
      ? [
          `tcp dport ${orders.port} ip saddr { ${unique(orders.senders).join(', ')} } accept`,
          `tcp dport ${orders.port} counter drop`,
        ]
      : []),
    ...(relayPort === undefined ? [] : [`tcp dport ${relayPort} accept`]),
    ...(answers.network.ssh === 'lan' ? ['tcp dport 22 ip saddr @clinic_lan accept'] : []),
  ];
}

/** The box calls whom the answers or a person named, each at its own port, and nobody else. */
function applianceOut(id: number, answers: Answers, { anywhere }: Peers): readonly string[] {
  const own = boxOf(answers)?.dicom.port ?? 11_112;
  return [
    // The C-ECHO to itself.
    `meta skuid ${id} oifname "lo" ip daddr 127.0.0.1 tcp dport ${own} accept`,
    `meta skuid ${id} ip daddr . tcp dport @dicom_peers accept`,
    // Read from what the appliance wrote, so no word of it leads out of the LAN.
    `meta skuid ${id} ip daddr @clinic_lan ip daddr . tcp dport @accepted_devices accept`,
    ...(anywhere.length > 0
      ? [`meta skuid ${id} ip daddr @clinic_lan tcp dport { ${anywhere.join(', ')} } accept`]
      : []),
  ];
}

/** Whoever can open an image has no further way out, not even on this machine. */
function clinicalReject({ users }: Accounts): readonly string[] {
  const ids = users.filter(({ name }) => /-(appliance|tui|center)$/.test(name)).map(({ id }) => id);
  return ids.length === 0 ? [] : [`meta skuid { ${ids.join(', ')} } counter reject`];
}

/** The agent reaches names and relays, and no machine of the LAN that is not a relay. */
function agentOut(id: number, ports: readonly number[]): readonly string[] {
  return [
    `meta skuid ${id} udp dport 53 accept`,
    `meta skuid ${id} ip daddr ${privateRanges4} ip daddr != @relays4 tcp dport != 53 counter reject`,
    `meta skuid ${id} ip6 daddr ${privateRanges6} ip6 daddr != @relays6 tcp dport != 53 counter reject`,
    `meta skuid ${id} tcp dport { 53, ${ports.join(', ')} } accept`,
    `meta skuid ${id} counter reject`,
  ];
}

/** What the machine itself needs: packages, time, names, its lease. Root reaches loopback only. */
function machineOut(users: ReadonlyMap<string, number>): readonly string[] {
  const as = (name: string, rule: string): readonly string[] => {
    const id = users.get(name);
    return id === undefined ? [] : [`meta skuid ${id} ${rule}`];
  };
  return [
    ...as('_apt', 'udp dport 53 accept'),
    ...as('_apt', 'tcp dport { 53, 80, 443 } accept'),
    ...as('_chrony', 'udp dport { 53, 123 } accept'),
    ...as('systemd-timesync', 'udp dport { 53, 123 } accept'),
    ...as('systemd-resolve', 'meta l4proto { tcp, udp } th dport 53 accept'),
    'udp sport 68 udp dport 67 accept',
    'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept',
    'meta skuid 0 oifname "lo" accept',
  ];
}

interface RelayEnds {
  readonly v4: readonly string[];
  readonly v6: readonly string[];
  readonly ports: readonly number[];
}

function relayEnds(answers: Answers, known: readonly string[]): RelayEnds {
  const own = centerOf(answers)?.relay.url;
  const urls = [...known, ...(own === undefined ? [] : [own])]
    .filter((text) => URL.canParse(text))
    .map((text) => new URL(text));
  const hosts = urls.map(({ hostname }) => hostname.replace(/^\[|\]$/g, ''));
  return {
    v4: unique(hosts.filter((host) => z.ipv4().safeParse(host).success)),
    v6: unique(hosts.filter((host) => z.ipv6().safeParse(host).success)),
    ports: [...unique([443, ...urls.map(({ port }) => Number(port || 443))])].sort((a, b) => a - b),
  };
}

function uid(
  { users }: Accounts,
  name: AccountName,
  rules: (id: number) => readonly string[],
): readonly string[] {
  const id = users.find((each) => each.name === name)?.id;
  return id === undefined ? [] : rules(id);
}

function setText(name: string, type: string, elements: readonly string[]): string {
  const lines = [`type ${type}`, 'flags interval', 'auto-merge'];
  // nft 1.0 has no empty list of elements.
  if (elements.length > 0) lines.push(`elements = { ${unique(elements).join(', ')} }`);
  return blockText(`set ${name}`, lines);
}

function pairSet(name: string, pairs: readonly string[]): string {
  const elements = pairs.length > 0 ? [`elements = { ${pairs.join(', ')} }`] : [];
  return blockText(`set ${name}`, ['type ipv4_addr . inet_service', ...elements]);
}

function dynamicSet(name: string, timeout: string): string {
  const lines = ['type ipv4_addr', 'flags dynamic', 'size 4096'];
  return blockText(`set ${name}`, timeout ? [...lines, timeout] : lines);
}

function chainText(hook: string, isBox: boolean, rules: readonly string[]): string {
  const policy = isBox ? 'drop' : 'accept';
  const end = isBox ? [`limit rate 3/minute log prefix "outpost-${hook} "`, 'counter drop'] : [];
  return blockText(`chain ${hook}`, [
    `type filter hook ${hook} priority 0; policy ${policy};`,
    ...rules,
    ...end,
  ]);
}

function blockText(head: string, lines: readonly string[]): string {
  return [`  ${head} {`, ...lines.map((line) => `    ${line}`), '  }'].join('\n');
}

function unique<T>(all: readonly T[]): readonly T[] {
  return [...new Set(all)];
}
