import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Status, StudyList } from '#appliance/api/contract.ts';
import { boxAeTitle, callingAeTitle, prepareSite, type Site } from '../demo/setup.ts';
import { ask } from '../demo/socket-client.ts';
import { repositoryDir } from '../support/source-tree.ts';
import type { BadLink } from './bad-link.ts';
import { startListening, startReady, timed } from './process.ts';

/** How long one study took from the first byte of the modality, seconds. */
export interface Crossing {
  /** Everything is in the PACS. */
  readonly pacsS: number;
  /** The sender's side knows it: the last C-STORE response, or the signed delivery receipt. */
  readonly knownS: number;
  readonly upBytes: number;
  readonly downBytes: number;
  /** Size of the sealed packs; for plain DICOM there are none. */
  readonly sealedBytes: number;
  /** The first byte of a pack is at the relay. */
  readonly firstByteS?: number;
}

/** A way to bring the files of a folder to the far end of the link. */
export interface Road {
  readonly subject: string;
  carry(folder: string, instances: number): Promise<Crossing>;
}

const patienceMs = 15 * 60_000;

/** Plain DICOM over the link: what the hospital would do without us. */
export async function openStorescuRoad(link: BadLink, root: string): Promise<Road> {
  const [data, port] = [join(root, 'plain'), 11_112];
  await startPacs(link, root, data, port);
  return {
    subject: 'storescu to storescp',
    carry: (folder, instances) =>
      crossing(link, data, instances, async () => {
        await timed(storescu(link, { host: link.centerAddress, port, aeTitle: 'PACS' }, folder));
      }),
  };
}

/** All programs at their ends of the link; the relay stands at the center's end. */
export async function openOutpostRoad(link: BadLink, root: string): Promise<Road> {
  const site = await prepareSite(root, link.centerAddress);
  await startPacs(link, root, site.pacsDir, site.pacsPort);
  await start(link, site, 'center', 'relay', site.config.relay);
  await start(link, site, 'center', 'center', site.config.center);
  await start(link, site, 'center', 'agent', site.config.centerAgent);
  await start(link, site, 'box', 'appliance', site.config.appliance);
  await start(link, site, 'box', 'agent', site.config.boxAgent);
  await until(async () => {
    const status = await ask<Status>(site.applianceSocket, '/v1/status');
    return status?.link.state === 'up';
  });
  return {
    subject: 'outpost, box to receipt',
    carry: (folder, instances) =>
      sealedCrossing(site, link, instances, async () => {
        const door = { host: '127.0.0.1', port: site.dicomPort, aeTitle: boxAeTitle };
        const before = (await studiesOf(site)).length;
        await timed(storescu(link, door, folder));
        await until(async () => {
          const studies = await studiesOf(site);
          return studies.length > before && studies.every(({ state }) => state === 'delivered');
        });
      }),
  };
}

/** A crossing of ours, with the size of what the box sealed meanwhile by its log of facts. */
async function sealedCrossing(
  site: Site,
  link: BadLink,
  instances: number,
  send: () => Promise<void>,
): Promise<Crossing> {
  const before = await sealedBytesOf(site);
  const known = new Set(await relayFiles(site));
  const startedMs = performance.now();
  const isHere = async () => (await relayFiles(site)).some((name) => !known.has(name));
  const [crossed, firstByteS] = await Promise.all([
    crossing(link, site.pacsDir, instances, send),
    until(isHere).then(() => (performance.now() - startedMs) / 1_000),
  ]);
  return { ...crossed, firstByteS, sealedBytes: (await sealedBytesOf(site)) - before };
}

/** Packs and parts of packs that the relay has. */
async function relayFiles({ config }: Site): Promise<readonly string[]> {
  const { dataDir } = JSON.parse(await readFile(config.relay, 'utf8')) as { dataDir: string };
  const names = await readdir(dataDir, { recursive: true });
  return names.filter((name) => /^(parts\/.|packs\/.*\.spk$)/.test(name));
}

async function sealedBytesOf({ config }: Site): Promise<number> {
  const { dataDir } = JSON.parse(await readFile(config.appliance, 'utf8')) as { dataDir: string };
  let sealedBytes = 0;
  for (const name of await readdir(join(dataDir, 'letters'))) {
    for (const line of (await readFile(join(dataDir, 'letters', name), 'utf8')).split('\n')) {
      if (!line.includes('"fact":"sealed"')) continue;
      sealedBytes += Number(/"sizeBytes":(\d+)/.exec(line)?.[1] ?? 0);
    }
  }
  return sealedBytes;
}

async function crossing(
  link: BadLink,
  pacsDir: string,
  instances: number,
  send: () => Promise<void>,
): Promise<Crossing> {
  const expected = (await readdir(pacsDir)).length + instances;
  const before = await link.crossedBytes();
  const startedMs = performance.now();
  const secondsSince = (): number => (performance.now() - startedMs) / 1_000;
  const [knownS, pacsS] = await Promise.all([
    send().then(secondsSince),
    until(async () => (await readdir(pacsDir)).length >= expected).then(secondsSince),
  ]);
  const after = await link.crossedBytes();
  return {
    pacsS,
    knownS,
    upBytes: after.up - before.up,
    downBytes: after.down - before.down,
    sealedBytes: 0,
  };
}

function storescu(
  link: BadLink,
  to: { readonly host: string; readonly port: number; readonly aeTitle: string },
  folder: string,
) {
  const names = ['-aet', callingAeTitle, '-aec', to.aeTitle];
  const args = ['+sd', ...names, to.host, String(to.port), folder];
  return link.at('box', { command: 'storescu', args, env: { TCP_NODELAY: '1' } });
}

async function startPacs(link: BadLink, root: string, data: string, port: number): Promise<void> {
  await mkdir(data, { recursive: true });
  const args = ['--fork', '--bit-preserving', '-od', data, String(port)];
  const command = link.at('center', { command: 'storescp', args, env: { TCP_NODELAY: '1' } });
  await startListening(command, join(root, 'pacs.log'), port);
}

async function start(
  link: BadLink,
  site: Site,
  side: 'box' | 'center',
  program: string,
  config: string,
): Promise<void> {
  const args = [join(repositoryDir, 'provisioning/outpost.ts'), program, '--config', config];
  const command = link.at(side, { command: process.execPath, args });
  await startReady(command, join(site.logDir, `${side}-${program}.log`));
}

async function studiesOf(site: Site): Promise<StudyList['studies']> {
  return (await ask<StudyList>(site.applianceSocket, '/v1/studies'))?.studies ?? [];
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (!(await isTrue())) {
    if (performance.now() > endMs) throw new Error('It did not arrive within 15 minutes');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
