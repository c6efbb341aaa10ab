import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import { runOutpost } from './program.ts';

/** Where everything of one demo is: folders, configs, sockets and ports on loopback. */
export interface Site {
  readonly root: string;
  readonly logDir: string;
  readonly relayPort: number;
  readonly linkPort: number;
  readonly dicomPort: number;
  readonly pacsPort: number;
  readonly pacsDir: string;
  readonly reportFolder: string;
  readonly applianceSocket: string;
  readonly centerSocket: string;
  readonly config: Readonly<
    Record<'appliance' | 'boxAgent' | 'relay' | 'center' | 'centerAgent', string>
  >;
  /** Everything that the relay and the agents hold; the spools are between the zones and count too. */
  readonly networkZone: readonly string[];
  readonly linkRecord: string;
}

export const callingAeTitle = 'CT1_ROOM';
export const boxAeTitle = 'OUTPOST';

/**
 * Makes the folders and config files below `root`, and pairs box and center by files, as an engineer would. With
 * `relayHost` the relay listens there and the agents call it themselves, else on loopback behind the demo's link.
 */
export async function prepareSite(root: string, relayHost?: string): Promise<Site> {
  const site = await layOutSite(root);
  const at = placeIn(root);
  await makeKeys(site, at, relayHost);
  await pair(site, at);
  return site;
}

/** The folders and the config files of box and center, without keys and without the config of the relay. */
export async function layOutSite(root: string): Promise<Site> {
  const at = placeIn(root);
  for (const folder of [
    'appliance',
    'box-agent',
    'relay',
    'center',
    'center-agent',
    'etc',
    'log',
    'run',
    'stick',
    'pacs',
    'reports',
    'link',
  ]) {
    await mkdir(at(folder), { recursive: true });
    await chmod(at(folder), 0o700);
  }
  const site: Site = {
    root,
    logDir: at('log'),
    relayPort: await freePort(),
    linkPort: await freePort(),
    dicomPort: await freePort(),
    pacsPort: await freePort(),
    pacsDir: at('pacs'),
    reportFolder: at('reports'),
    applianceSocket: at('run', 'appliance.sock'),
    centerSocket: at('run', 'center.sock'),
    config: {
      appliance: at('etc', 'appliance.json'),
      boxAgent: at('etc', 'box-agent.json'),
      relay: at('etc', 'relay.json'),
      center: at('etc', 'center.json'),
      centerAgent: at('etc', 'center-agent.json'),
    },
    networkZone: ['relay', 'box-agent', 'center-agent', 'box-spool', 'center-spool'].map((name) =>
      at(name),
    ),
    linkRecord: at('link', 'crossed.bin'),
  };
  await writeConfigs(site, at);
  return site;
}

type At = (...parts: readonly string[]) => string;

const placeIn =
  (root: string): At =>
  (...parts) =>
    join(root, ...parts);

async function writeConfigs(site: Site, at: At): Promise<void> {
  await writeJson(site.config.appliance, {
    format: 1,
    siteName: 'DEMO CLINIC',
    boxName: 'imaging box 01',
    dataDir: at('appliance'),
    spoolDir: at('box-spool'),
    socket: site.applianceSocket,
    zones: 'off',
    dicom: {
      host: '127.0.0.1',
      port: site.dicomPort,
      aeTitles: [boxAeTitle],
      callers: [{ aeTitle: callingAeTitle }],
    },
    quietS: 2,
  });
  await writeJson(site.config.boxAgent, {
    format: 1,
    dataDir: at('box-agent'),
    spoolDir: at('box-spool'),
  });
  await writeJson(site.config.centerAgent, {
    format: 1,
    dataDir: at('center-agent'),
    spoolDir: at('center-spool'),
  });
  await writeJson(site.config.center, {
    format: 1,
    dataDir: at('center'),
    spoolDir: at('center-spool'),
    socket: site.centerSocket,
    zones: 'off',
    delivery: {
      host: '127.0.0.1',
      port: site.pacsPort,
      calledAeTitle: 'PACS',
      callingAeTitle: 'OUTPOST',
    },
    reportFolder: site.reportFolder,
    reader: { name: 'Dr. TEST READER', registerNo: 'DEMO-0001' },
  });
}

async function makeKeys(site: Site, at: At, relayHost: string | undefined): Promise<void> {
  const called = relayHost ? `${relayHost}:${site.relayPort}` : `127.0.0.1:${site.linkPort}`;
  const relay = JSON.parse(
    await runOutpost([
      'keys',
      'init',
      'relay',
      '--data',
      at('relay'),
      '--name',
      'relay-1',
      '--json',
    ]),
  ) as { readonly spki: string; readonly receipt: string };
  const center = JSON.parse(
    await runOutpost([
      ...['keys', 'init', 'center', '--config', site.config.center],
      ...['--agent-config', site.config.centerAgent, '--name', 'DEMO CENTER', '--phone', '000'],
      ...['--relay', `relay-1,https://${called},${relay.spki},${relay.receipt}`, '--json'],
    ]),
  ) as { readonly root: string };
  await writeRelayConfig(site, center.root, relayHost);
}

/** The config of the relay, which lets in the center with this root key. */
export async function writeRelayConfig(
  site: Site,
  centerRoot: string,
  host = '127.0.0.1',
): Promise<void> {
  const keys = join(site.root, 'relay', 'keys');
  await writeJson(site.config.relay, {
    format: 1,
    dataDir: join(site.root, 'relay'),
    host,
    port: site.relayPort,
    relayId: 'relay-1',
    tls: { certFile: join(keys, 'tls.crt'), keyFile: join(keys, 'tls.key') },
    receiptKeyFile: join(keys, 'receipt.seed'),
    roots: [centerRoot],
  });
}

/** The stick path of the ceremony; operator and engineer read the words to each other. */
async function pair(site: Site, at: At): Promise<void> {
  const box = ['--config', site.config.appliance, '--agent-config', site.config.boxAgent, '--json'];
  const center = ['--config', site.config.center, '--json'];
  await runOutpost([
    'pair',
    'card',
    ...center,
    '--site',
    'DEMO-01',
    '--out',
    at('stick', 'card.txt'),
  ]);
  const request = JSON.parse(
    await runOutpost([
      ...['pair', 'request', ...box, '--card', at('stick', 'card.txt')],
      ...['--keys', at('center', 'keys', 'center.keys'), '--site', 'DEMO-01', '--out', at('stick')],
    ]),
  ) as { readonly file: string; readonly words: readonly string[] };
  const grant = JSON.parse(
    await runOutpost(['pair', 'grant', request.file, ...center, '--out', at('stick')]),
  ) as { readonly file: string; readonly words: readonly string[] };
  await runOutpost(['pair', 'confirm', ...box, '--words', grant.words.join(' ')]);
  await runOutpost([
    'pair',
    'confirm',
    ...center,
    '--words',
    request.words.join(' '),
    '--out',
    at('stick'),
  ]);
  await runOutpost(['pair', 'accept', grant.file, ...box]);
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
}
