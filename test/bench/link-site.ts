import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Status, StudyList } from '#appliance/api/contract.ts';
import { decodeFact, type SealedFact } from '#appliance/store/facts.ts';
import { outpostCommand } from '../demo/program.ts';
import { boxAeTitle, prepareSite, type Site } from '../demo/setup.ts';
import { ask } from '../demo/socket-client.ts';
import type { BadLink } from './bad-link.ts';
import { senderCommand, startPacs } from './link-dicom.ts';
import { expectSoon } from './link-road.ts';
import type { LinkStudy } from './link-study.ts';
import { type Command, type Server, startReady, timed } from './process.ts';

/** Programs of ours, by the end they run at. */
const programs = {
  relay: { side: 'center', command: 'relay' },
  center: { side: 'center', command: 'center' },
  centerAgent: { side: 'center', command: 'agent' },
  appliance: { side: 'box', command: 'appliance' },
  boxAgent: { side: 'box', command: 'agent' },
} as const;
export type LinkProgram = keyof typeof programs;

/** A clinic and a center, paired, at the two ends of a link. */
export interface LinkSite extends Site {
  readonly link: BadLink;
  /** The folder of the relay's packs and parts. */
  readonly relayDir: string;
  /** The spool between appliance and agent of the box. */
  readonly boxSpool: string;
  start(...names: readonly LinkProgram[]): Promise<void>;
  stop(...names: readonly LinkProgram[]): Promise<void>;
  /** What a modality beside the box runs to send a study. */
  modality(study: LinkStudy): Command;
  studies(): Promise<StudyList['studies']>;
  /** Waits until the center signed for everything that the box has. */
  delivered(): Promise<void>;
}

/** Everything runs when it is there, the PACS too; the relay stands at the center's end. */
export async function openLinkSite(link: BadLink, root: string): Promise<LinkSite> {
  const site = await prepareSite(root, link.centerAddress);
  const { dataDir: relayDir } = await configOf(site.config.relay);
  const { spoolDir: boxSpool } = await configOf(site.config.boxAgent);
  const running = new Map<LinkProgram, Server>();
  await startPacs(link, root, site.pacsDir, site.pacsPort);
  const opened: LinkSite = {
    ...site,
    link,
    relayDir,
    boxSpool,
    async start(...names) {
      for (const name of names) {
        if (running.has(name)) continue;
        const { side, command } = programs[name];
        const [node, ...args] = outpostCommand([command, '--config', site.config[name]]);
        const started = link.at(side, { command: node, args });
        running.set(name, await startReady(started, join(site.logDir, `${name}.log`)));
      }
      if (names.includes('boxAgent')) await expectSoon('The link', () => isUp(boxSpool));
    },
    async stop(...names) {
      for (const name of names) {
        await running.get(name)?.stop();
        running.delete(name);
      }
    },
    modality({ folder }) {
      const door = { host: '127.0.0.1', port: site.dicomPort, aeTitle: boxAeTitle };
      return link.at('box', senderCommand('storescu', door, folder));
    },
    studies: async () => (await ask<StudyList>(site.applianceSocket, '/v1/studies'))?.studies ?? [],
    delivered: () => expectSoon('Delivery', () => isAllDelivered(opened), deliveryMinutes),
  };
  await opened.start('relay', 'center', 'centerAgent', 'appliance', 'boxAgent');
  return opened;
}

/** A crossing that was given up ends in peace before the next one begins. */
const deliveryMinutes = 15;

async function isAllDelivered(site: LinkSite): Promise<boolean> {
  const status = await ask<Status>(site.applianceSocket, '/v1/status');
  const studies = await site.studies();
  return status?.counts.onlyHere === 0 && studies.every(({ state }) => state === 'delivered');
}

/** Sends a study to the box as a modality does, outside of any measurement. */
export async function give(site: LinkSite, study: LinkStudy): Promise<void> {
  await timed(site.modality(study));
}

/** Packs and parts of packs that the relay has. */
export async function relayFiles({ relayDir }: LinkSite): Promise<readonly string[]> {
  const names = await readdir(relayDir, { recursive: true });
  return names.filter((name) => /^(parts\/.|packs\/.*\.spk$)/.test(name));
}

/** What the box has sealed so far, by its log of facts. */
async function sealedFacts({ config }: Site): Promise<readonly SealedFact[]> {
  const letters = join((await configOf(config.appliance)).dataDir, 'letters');
  const facts: SealedFact[] = [];
  for (const name of await readdir(letters)) {
    for (const line of (await readFile(join(letters, name))).toString().split('\n')) {
      const fact = decodeFact(Buffer.from(line));
      if (fact?.fact === 'sealed') facts.push(fact);
    }
  }
  return facts;
}

/** Size of all that the box has sealed so far. */
export async function sealedBytesOf(site: Site): Promise<number> {
  return (await sealedFacts(site)).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Whether every study is sealed to the end: its list names all that arrived. */
export async function isSealed(site: LinkSite): Promise<boolean> {
  const facts = await sealedFacts(site);
  const studies = await site.studies();
  return studies.every(({ studyInstanceUid, instanceCount }) =>
    facts.some(
      ({ study, manifest }) =>
        study === studyInstanceUid && manifest?.list?.length === instanceCount,
    ),
  );
}

/** The agent's own word about this run of it: its last contact is younger than the file of an earlier run. */
async function isUp(spool: string): Promise<boolean> {
  const text = await readFile(join(spool, 'in', 'agent.json'), 'utf8').catch(() => '{}');
  const { link, lastContactAt } = JSON.parse(text) as { link?: string; lastContactAt?: string };
  return link === 'up' && Date.now() - Date.parse(lastContactAt ?? '') < 20_000;
}

async function configOf(path: string) {
  const text = await readFile(path, 'utf8');
  return JSON.parse(text) as { readonly dataDir: string; readonly spoolDir: string };
}
