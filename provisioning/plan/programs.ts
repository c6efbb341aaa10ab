import { type ApplianceConfig, applianceConfigSchema } from '#appliance/config.ts';
import { type AgentConfig, agentConfigSchema } from '#sync/agent/config.ts';
import { type CenterConfig, centerConfigSchema } from '#sync/center/config.ts';
import { type RelayFileConfig, relayConfigSchema } from '#sync/relay/config.ts';
import { type TuiConfig, tuiConfigSchema } from '#tui/config.ts';
import type { AccountName } from './accounts.ts';
import { type Answers, type BoxAnswers, boxOf, type CenterAnswers, centerOf } from './answers.ts';

/** Folders of one party (a box or a center) on this machine. */
export interface Place {
  readonly agentName: string;
  readonly agentDir: string;
  readonly spoolDir: string;
  readonly runDir: string;
}

/** One program that runs on this machine as a service. */
export interface Program {
  readonly command: 'appliance' | 'agent' | 'tui' | 'relay' | 'center';
  readonly unit: string;
  readonly account: AccountName;
  readonly place: Place;
  readonly configPath: string;
  /** Undefined while something it needs is not known yet. */
  readonly config: object | undefined;
  /** What `config` waits for, for the person who reads the plan. */
  readonly waitsFor?: string;
}

export const dataDir = '/var/lib/outpost';
export const configDir = '/etc/outpost';

/** The folders of the party that this machine is first of all. */
export const firstPlace: Place = {
  agentName: 'agent',
  agentDir: `${dataDir}/agent`,
  spoolDir: `${dataDir}/spool`,
  runDir: '/run/outpost',
};

/** The center of an all-in-one machine: a second party with an agent and a spool of its own. */
const secondPlace: Place = {
  agentName: 'center-agent',
  agentDir: `${dataDir}/center-agent`,
  spoolDir: `${dataDir}/center-spool`,
  runDir: '/run/outpost-center',
};

/** Where the center's folders are. */
export function centerPlace({ role }: Answers): Place {
  return role === 'all-in-one' ? secondPlace : firstPlace;
}

/** The programs of the role, network zone first. `centerRoot` is the center's root key in hex, once made. */
export function programsOf(answers: Answers, centerRoot: string | undefined): readonly Program[] {
  const box = boxOf(answers);
  const center = centerOf(answers);
  return [
    ...(center ? centerPrograms(center, centerPlace(answers), centerRoot) : []),
    ...(box ? boxPrograms(box, firstPlace) : []),
  ];
}

function boxPrograms(answers: BoxAnswers, place: Place): readonly Program[] {
  const { site, dicom, modalities, viewers, destinations, orders, link, priorityRules } = answers;
  const { defaultCenter, centerRules } = answers;
  const looking = new Set(viewers.map(({ aeTitle }) => aeTitle));
  const self = { aeTitle: dicom.aeTitle, address: '127.0.0.1' };
  const appliance: ApplianceConfig = applianceConfigSchema.parse({
    format: 1,
    siteName: site.name,
    boxName: site.box,
    dataDir: `${dataDir}/appliance`,
    spoolDir: place.spoolDir,
    socket: `${place.runDir}/appliance.sock`,
    zones: 'enforced',
    ...(priorityRules && { priorityRules }),
    ...(defaultCenter && { defaultCenter }),
    ...(centerRules && { centerRules }),
    dicom: {
      host: '0.0.0.0',
      port: dicom.port,
      aeTitles: [dicom.aeTitle, ...(dicom.moreAeTitles ?? [])],
      doors: doorsOf(dicom),
      // The box may call itself: setup's C-ECHO.
      callers: [
        self,
        ...modalities
          .filter(({ aeTitle }) => !looking.has(aeTitle))
          .map(({ name: _, ...caller }) => caller),
        ...viewers.map(({ name: _, ...caller }) => ({ ...caller, mayQuery: true })),
      ],
      destinations: [
        ...viewers.filter(({ port }) => port !== undefined),
        ...destinations.map(({ forward: _, ...destination }) => destination),
      ],
      forward: destinations.flatMap(({ name, forward }) =>
        forward.map((rule) => ({ to: name, ...rule })),
      ),
    },
    orders: {
      // Two clinics whose site codes differ at their end give numbers that look different, too.
      siteCode: site.code.replaceAll('-', '').slice(-4),
      ...(orders && { mllp: { host: '0.0.0.0', ...orders } }),
    },
  });
  const tui: TuiConfig = tuiConfigSchema.parse({
    format: 1,
    socket: appliance.socket,
    exportDir: `${dataDir}/tui/reports`,
  });
  return [
    agentOf(place, link),
    programOf('appliance', 'outpost-appliance', 'outpost-appliance', place, appliance),
    programOf('tui', 'outpost-tui', 'outpost-tui', place, tui),
  ];
}

/** Below it a program would need a privilege: the firewall leads such a port to the first door. */
export function isUnprivileged(port: number): boolean {
  return port >= 1024;
}

/** The doors beside the first one. */
function doorsOf({ morePorts = [], tls }: BoxAnswers['dicom']): readonly object[] {
  const host = '0.0.0.0';
  const plain = morePorts.filter(isUnprivileged).map((port) => ({ host, port }));
  return tls ? [...plain, { host, port: tls.port, tls: tlsFilesOf(tls) }] : plain;
}

/** Key and certificate of the TLS door: those of the answers, or the pair that setup makes. */
export function tlsFilesOf({
  keyFile = `${dataDir}/appliance/keys/dicom-tls.key`,
  certificateFile = `${dataDir}/appliance/keys/dicom-tls.crt`,
}: NonNullable<BoxAnswers['dicom']['tls']>): {
  readonly keyFile: string;
  readonly certificateFile: string;
} {
  return { keyFile, certificateFile };
}

function centerPrograms(
  { center, relay }: CenterAnswers,
  place: Place,
  root: string | undefined,
): readonly Program[] {
  const config: CenterConfig = centerConfigSchema.parse({
    format: 1,
    dataDir: `${dataDir}/center`,
    spoolDir: place.spoolDir,
    socket: `${place.runDir}/center.sock`,
    zones: 'enforced',
    ...(center.delivery && { delivery: center.delivery }),
    ...(center.deliveryFolder && { deliveryFolder: center.deliveryFolder }),
    reportFolder: center.reportFolder,
    reader: center.reader,
    ...(center.reportScp && { reportScp: { host: '0.0.0.0', ...center.reportScp } }),
  });
  const relayConfig: RelayFileConfig | undefined =
    root === undefined
      ? undefined
      : relayConfigSchema.parse({
          format: 1,
          dataDir: `${dataDir}/relay`,
          host: '0.0.0.0',
          port: relay.port ?? 0,
          relayId: relay.id,
          roots: [root],
        });
  const ownRelay: Program = {
    ...programOf('relay', 'outpost-relay', 'outpost-relay', place, relayConfig),
    waitsFor: 'the root key of the center',
  };
  return [
    ...(relay.port === undefined ? [] : [ownRelay]),
    agentOf(place),
    programOf('center', 'outpost-center', 'outpost-center', place, config),
  ];
}

function agentOf(place: Place, link: BoxAnswers['link'] = {}): Program {
  const config: AgentConfig = agentConfigSchema.parse({
    format: 1,
    dataDir: place.agentDir,
    spoolDir: place.spoolDir,
    ...link,
  });
  return {
    ...programOf('agent', `outpost-${place.agentName}`, 'outpost-agent', place, config),
    configPath: `${configDir}/${place.agentName}.json`,
  };
}

function programOf(
  command: Program['command'],
  unit: string,
  account: AccountName,
  place: Place,
  config: object | undefined,
): Program {
  const configPath = `${configDir}/${command}.json`;
  return { command, unit: `${unit}.service`, account, place, configPath, config };
}
